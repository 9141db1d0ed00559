#include "errors.h"

#include <bpf/libbpf.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "instance.h"

namespace bpf_native {
namespace {

// The kernel's own, which leaks out of some BPF commands and libc does not know.
constexpr int kNotSupported = 524;

// enum libbpf_errno, from its first number on.
constexpr std::array kLibbpfNames = {"LIBELF",   "FORMAT",  "KVERSION", "ENDIAN",   "INTERNAL",
                                     "RELOC",    "LOAD",    "VERIFY",   "PROG2BIG", "KVER",
                                     "PROGTYPE", "WRNGPID", "INVSEQ",   "NLPARSE"};
static_assert(kLibbpfNames.size() == __LIBBPF_ERRNO__END - __LIBBPF_ERRNO__START);

bool IsOfLibbpf(int error) { return error >= __LIBBPF_ERRNO__START && error < __LIBBPF_ERRNO__END; }

std::string Description(int error) {
  if (error == kNotSupported) {
    return "Not supported";
  }
  if (IsOfLibbpf(error)) {
    std::array<char, 128> text{};
    libbpf_strerror(error, text.data(), text.size());
    return text.data();
  }
  const char* text = strerrordesc_np(error);
  return text != nullptr ? text : "Unknown error";
}

}  // namespace

std::string ErrnoName(int error) {
  if (error == kNotSupported) {
    return "ENOTSUPP";
  }
  if (IsOfLibbpf(error)) {
    return std::string("LIBBPF_").append(kLibbpfNames.at(error - __LIBBPF_ERRNO__START));
  }
  const char* name = strerrorname_np(error);
  return name != nullptr ? name : std::string("E").append(std::to_string(error));
}

BpfFailure::BpfFailure(std::string what_failed, int error)
    : error_(std::abs(error)),
      message_("Cannot " + what_failed + ": " + Description(error_) + " (" + ErrnoName(error_) + ")") {}

Napi::Error ToBpfError(Napi::Env env, const BpfFailure& failure, const LogCapture& log) {
  const auto lines = Napi::Array::New(env, log.Lines().size());
  for (uint32_t index = 0; index < log.Lines().size(); index++) {
    lines.Set(index, log.Lines()[index]);
  }
  const Instance& instance = Instance::Of(env);
  if (instance.error_class.IsEmpty()) {
    return Napi::Error::New(env, failure.what());
  }
  return Napi::Error(env, instance.error_class.New({
                              Napi::String::New(env, failure.what()),
                              Napi::String::New(env, ErrnoName(failure.error())),
                              Napi::Number::New(env, failure.error()),
                              lines,
                          }));
}

}  // namespace bpf_native
