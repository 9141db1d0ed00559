// Failures, and how they cross into JavaScript.
#ifndef BPF_NATIVE_ERRORS_H_
#define BPF_NATIVE_ERRORS_H_

#include <napi.h>

#include <exception>
#include <string>
#include <utility>

#include "log_capture.h"

namespace bpf_native {

// A failed system call or libbpf call. Carries no JavaScript value: any code may throw it.
class BpfFailure : public std::exception {
 public:
  // `what_failed` continues "Cannot "; `error` is an errno of either sign.
  BpfFailure(std::string what_failed, int error);
  const char* what() const noexcept override { return message_.c_str(); }
  int error() const noexcept { return error_; }

 private:
  int error_;
  std::string message_;
};

// The name of a positive errno, such as "EPERM", or of libbpf's own number, such as "LIBBPF_FORMAT".
std::string ErrnoName(int error);

// The JavaScript BpfError of a failure. JavaScript thread.
Napi::Error ToBpfError(Napi::Env env, const BpfFailure& failure, const LogCapture& log);

// Runs the body of a function that JavaScript called: captures libbpf's log, turns BpfFailure into BpfError.
// Other C++ exceptions become plain errors in node-addon-api. JavaScript thread.
template <typename Body>
auto AtBoundary(Napi::Env env, Body&& body) {
  LogCapture log;
  try {
    return std::forward<Body>(body)();
  } catch (const BpfFailure& failure) {
    throw ToBpfError(env, failure, log);
  }
}

}  // namespace bpf_native

#endif  // BPF_NATIVE_ERRORS_H_
