// Tells JavaScript that a descriptor is readable.
#ifndef BPF_NATIVE_POLLER_H_
#define BPF_NATIVE_POLLER_H_

#include <napi.h>
#include <uv.h>

#include <memory>

#include "instance.h"

namespace bpf_native {

// One uv_poll handle on the environment's event loop. Its thread only.
class Poller : public std::enable_shared_from_this<Poller> {
 public:
  // `fd` has to stay open until Close. Throws BpfFailure.
  static std::shared_ptr<Poller> Start(Napi::Env env, int fd, const Napi::Function& callback);

  // Ends callbacks at once; libuv lets go of the handle on a later turn. Idempotent.
  void Close() noexcept;
  void SetRef(bool is_ref) noexcept;

 private:
  Poller(Napi::Env env, const Napi::Function& callback);
  static void OnReadable(uv_poll_t* handle, int status, int events) noexcept;
  static void OnClosed(uv_handle_t* handle) noexcept;

  const napi_env env_;
  Instance& instance_;
  Napi::FunctionReference callback_;
  uv_poll_t handle_{};
  // Set while libuv knows the handle.
  std::shared_ptr<Poller> self_;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_POLLER_H_
