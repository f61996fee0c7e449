// SPDX-License-Identifier: MIT
// What a test program needs: CHECK and friends count, report file and line, and go on.
#pragma once

#include <atomic>
#include <cmath>
#include <cstdio>
#include <exception>
#include <initializer_list>
#include <stdexcept>
#include <string>

#include <ndreg_preeval/build_info.hpp>

namespace check {

inline std::atomic<int> checks{0};
inline std::atomic<int> failures{0};

inline void report(const char* file, int line, const std::string& what) {
  ++failures;
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
}

inline void that(bool holds, const char* text, const char* file, int line) {
  ++checks;
  if (!holds) report(file, line, std::string(text) + " does not hold");
}

// NaN is near to nothing.
inline void near(double got, double expected, double tolerance, const char* text, const char* file,
                 int line) {
  ++checks;
  if (std::abs(got - expected) <= tolerance) return;
  report(file, line,
         std::string(text) + " is " + std::to_string(got) + ", not " + std::to_string(expected));
}

// The call must throw an Error whose message has all the parts.
template <class Error, class Call>
void throws(Call&& call, std::initializer_list<const char*> parts, const char* text,
            const char* file, int line) {
  ++checks;
  try {
    call();
  } catch (const Error& error) {
    const std::string message = error.what();
    for (const char* part : parts) {
      if (message.find(part) != std::string::npos) continue;
      report(file, line, std::string(text) + " says \"" + message + "\" without \"" + part + "\"");
    }
    return;
  } catch (const std::exception& error) {
    report(file, line, std::string(text) + " throws another class: " + error.what());
    return;
  }
  report(file, line, std::string(text) + " does not throw");
}

struct Test {
  const char* name;
  void (*body)();
};

// What ctest takes for "skipped" where a test asks for an instruction set (CMakeLists.txt).
constexpr int skipped = 77;

// Exit status of the program: 0 only if something was checked and everything held.
inline int run(std::initializer_list<Test> tests) {
  try {
    std::printf("kernels for %s\n", ndreg_preeval::build_info().active_isa.c_str());
  } catch (const std::invalid_argument& error) {
    std::printf("%s\n", error.what());
    return skipped;
  }
  for (const Test& test : tests) {
    const int before = checks;
    const int failed = failures;
    try {
      test.body();
    } catch (const std::exception& error) {
      report(test.name, 0, std::string("ended by ") + error.what());
    }
    if (checks == before) report(test.name, 0, "checked nothing");
    std::printf("%-6s %s: %d checks\n", failures == failed ? "passed" : "FAILED", test.name,
                checks - before);
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace check

#define CHECK(...) check::that(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
#define CHECK_NEAR(got, expected, tolerance) \
  check::near(got, expected, tolerance, #got, __FILE__, __LINE__)
// CHECK_THROWS(std::invalid_argument, scorer.score(images), "image 3", "rows")
#define CHECK_THROWS(Error, call, ...) \
  check::throws<Error>([&] { static_cast<void>(call); }, {__VA_ARGS__}, #call, __FILE__, __LINE__)
