// SPDX-License-Identifier: MIT
// Children of a test, and the threads of a process as the system sees them.
#pragma once

#include <chrono>
#include <cstddef>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace processes {

// Runs the body in a child process: its result, or false if it crashed or hung for five minutes.
template <class Body>
bool in_child(Body&& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body() ? 0 : 1);
  if (child < 0) return false;
  for (int tenths = 0; tenths < 3000; ++tenths) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) {
      return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return false;
}

// Whether something comes true within a minute.
template <class Condition>
bool eventually(Condition&& condition) {
  for (int tries = 0; tries < 6000; ++tries) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

#if defined(__linux__)
constexpr bool can_count_threads = true;
#else
constexpr bool can_count_threads = false;
#endif

// Of each thread with this name, how often it has gone to sleep; none where nobody tells.
inline std::map<std::string, std::string> threads_named(const std::string& name) {
  std::map<std::string, std::string> found;
  DIR* const folder = opendir("/proc/self/task");
  if (folder == nullptr) return found;
  while (const dirent* const entry = readdir(folder)) {
    const std::string id = entry->d_name;
    std::ifstream status("/proc/self/task/" + id + "/status");
    std::string switches;
    bool ours = false;
    for (std::string line; std::getline(status, line);) {
      if (line == "Name:\t" + name) ours = true;
      if (line.rfind("voluntary_ctxt_switches", 0) == 0) switches = line;
    }
    if (ours) found[id] = switches;
  }
  closedir(folder);
  return found;
}

// Address space that this process takes, in bytes.
inline std::size_t virtual_memory() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  file >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace processes
