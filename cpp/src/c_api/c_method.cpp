// SPDX-License-Identifier: MIT
// Methods of the C interface: every option by its name.
#include "c_api/c_api.hpp"

#include <array>
#include <cmath>
#include <string_view>
#include <type_traits>

#include "scoring/names.hpp"

namespace ndreg_preeval::c_api {
namespace {

// --- What options are: a member of Method, and what may be in it --------------------------------

Precision& precision(Method& m) { return m.options.precision; }
Normalization& normalization(Method& m) { return m.options.normalization; }
Window& window(Method& m) { return m.options.aligner.window; }
std::size_t& window_from(Method& m) { return m.options.aligner.window_from; }
double& cutoff(Method& m) { return m.options.aligner.cutoff; }
double& max_shift(Method& m) { return m.options.max_shift; }
bool& keep_mean(Method& m) { return m.options.keep_mean; }
bool& ignore_hot_pixel(Method& m) { return m.options.ignore_hot_pixel; }
bool& accept_invalid(Method& m) { return m.options.accept_invalid; }
bool& confirm(Method& m) { return m.options.confirm; }
Window& opinion_window(Method& m) { return m.options.opinion.window; }
std::size_t& opinion_window_from(Method& m) { return m.options.opinion.window_from; }
double& opinion_cutoff(Method& m) { return m.options.opinion.cutoff; }
Judgement& judgement(Method& m) { return m.options.judgement; }
Statistic& statistic(Method& m) { return m.statistic; }
Aggregation& aggregation(Method& m) { return m.aggregation; }
bool& include_reference(Method& m) { return m.include_reference; }

// A number of the caller as what the member is.
void assign(double& member, double value, const char* /*option*/) { member = value; }

void assign(bool& member, double value, const char* option) {
  if (value != 0 && value != 1) {
    throw std::invalid_argument(std::string(option) + " must be 0 or 1, not " +
                                std::to_string(value));
  }
  member = value == 1;
}

void assign(std::size_t& member, double value, const char* option) {
  constexpr double largest = 1U << 31U;
  const bool whole = value >= 0 && value <= largest && value == std::floor(value);
  if (!whole) {
    throw std::invalid_argument(std::string(option) +
                                " must be a whole number from 0 to 2^31, not " +
                                std::to_string(value));
  }
  member = static_cast<std::size_t>(value);
}

struct Option {
  const char* name;
  // For numbers and flags...
  void (*set_number)(Method&, double, const char*) = nullptr;
  double (*get_number)(Method) = nullptr;
  // ...or for choices: their names, and which one it is.
  const detail::Names* names = nullptr;
  void (*set_place)(Method&, std::size_t) = nullptr;
  std::size_t (*get_place)(Method) = nullptr;
};

template <auto Of>
constexpr Option number(const char* name) {
  Option option{name};
  option.set_number = [](Method& m, double value, const char* as) { assign(Of(m), value, as); };
  option.get_number = [](Method m) { return static_cast<double>(Of(m)); };
  return option;
}

template <auto Of>
constexpr Option choice(const char* name) {
  using Enum = std::decay_t<decltype(Of(std::declval<Method&>()))>;
  Option option{name};
  option.names = &detail::names_of(Enum{});
  option.set_place = [](Method& m, std::size_t place) { Of(m) = static_cast<Enum>(place); };
  option.get_place = [](Method m) { return static_cast<std::size_t>(Of(m)); };
  return option;
}

constexpr std::array all_options{
    choice<precision>("precision"),
    choice<normalization>("normalization"),
    choice<window>("window"),
    number<window_from>("window_from"),
    number<cutoff>("cutoff"),
    number<max_shift>("max_shift"),
    number<keep_mean>("keep_mean"),
    number<ignore_hot_pixel>("ignore_hot_pixel"),
    number<accept_invalid>("accept_invalid"),
    number<confirm>("confirm"),
    choice<opinion_window>("opinion_window"),
    number<opinion_window_from>("opinion_window_from"),
    number<opinion_cutoff>("opinion_cutoff"),
    choice<judgement>("judgement"),
    choice<statistic>("statistic"),
    choice<aggregation>("aggregation"),
    number<include_reference>("include_reference"),
};

const Option& option_named(const char* name, bool text) {
  required(name, "option");
  std::string listed;
  for (const Option& option : all_options) {
    if (std::string_view(name) == option.name) {
      if ((option.names != nullptr) == text) return option;
      throw std::invalid_argument(std::string("option '") + option.name + "' is " +
                                  (text ? "a number, not text" : "text, not a number"));
    }
    listed += (listed.empty() ? "'" : ", '") + std::string(option.name) + "'";
  }
  throw std::invalid_argument("option must be one of " + listed + ", not " + quoted(name));
}

// They last as long as the library: methods that are asked for by name have static ones.
const std::vector<std::string>& all_methods() {
  static const std::vector<std::string> names = method_names();
  return names;
}

}  // namespace

Aggregation aggregation_named(const char* name) {
  required(name, "aggregation");
  return detail::value_named<Aggregation>(name, "aggregation");
}

Method method_of(const ndreg_preeval_method* method) {
  return method != nullptr ? method->value : Method(method_named(all_methods().front()));
}

}  // namespace ndreg_preeval::c_api

using namespace ndreg_preeval;

ndreg_preeval_status ndreg_preeval_method_create(const char* name, ndreg_preeval_method** method) {
  return c_api::created(method, "method", [&] {
    return name != nullptr ? method_named(name) : c_api::method_of(nullptr);
  });
}

void ndreg_preeval_method_destroy(ndreg_preeval_method* method) { delete method; }

const char* ndreg_preeval_method_name(std::int64_t index) {
  const char* name = nullptr;
  c_api::guarded([&] {
    const std::vector<std::string>& names = c_api::all_methods();
    if (index >= 0 && static_cast<std::uint64_t>(index) < names.size()) {
      name = names[static_cast<std::size_t>(index)].c_str();
    }
  });
  return name;
}

const char* ndreg_preeval_option_name(std::int64_t index) {
  const auto& options = c_api::all_options;
  if (index < 0 || static_cast<std::uint64_t>(index) >= options.size()) return nullptr;
  return options[static_cast<std::size_t>(index)].name;
}

ndreg_preeval_status ndreg_preeval_method_set_text(ndreg_preeval_method* method, const char* option,
                                                   const char* value) {
  return c_api::guarded([&] {
    c_api::required(method, "method");
    const auto& found = c_api::option_named(option, true);
    c_api::required(value, found.name);
    found.set_place(method->value, detail::place_among(*found.names, value, found.name));
  });
}

ndreg_preeval_status ndreg_preeval_method_set_number(ndreg_preeval_method* method,
                                                     const char* option, double value) {
  return c_api::guarded([&] {
    c_api::required(method, "method");
    const auto& found = c_api::option_named(option, false);
    found.set_number(method->value, value, found.name);
  });
}

ndreg_preeval_status ndreg_preeval_method_get_text(const ndreg_preeval_method* method,
                                                   const char* option, const char** value) {
  return c_api::guarded([&] {
    c_api::required(method, "method");
    c_api::required(value, "value");
    const auto& found = c_api::option_named(option, true);
    *value = (*found.names)[found.get_place(method->value)];
  });
}

ndreg_preeval_status ndreg_preeval_method_get_number(const ndreg_preeval_method* method,
                                                     const char* option, double* value) {
  return c_api::guarded([&] {
    c_api::required(method, "method");
    c_api::required(value, "value");
    *value = c_api::option_named(option, false).get_number(method->value);
  });
}
