#include "poller.h"

#include <utility>

#include "errors.h"

namespace bpf_native {

Poller::Poller(Napi::Env env, const Napi::Function& callback)
    : env_(env), instance_(Instance::Of(env)), callback_(Napi::Persistent(callback)) {}

std::shared_ptr<Poller> Poller::Start(Napi::Env env, int fd, const Napi::Function& callback) {
  struct Constructible : Poller {
    Constructible(Napi::Env env, const Napi::Function& callback) : Poller(env, callback) {}
  };
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) {
    throw Napi::Error::New(env, "There is no event loop");
  }
  std::shared_ptr<Poller> poller = std::make_shared<Constructible>(env, callback);
  const int opened = uv_poll_init(loop, &poller->handle_, fd);
  if (opened != 0) {
    throw BpfFailure("watch the ring buffer", opened);
  }
  poller->handle_.data = poller.get();
  poller->self_ = poller;
  const int started = uv_poll_start(&poller->handle_, UV_READABLE, OnReadable);
  if (started != 0) {
    poller->Close();
    throw BpfFailure("watch the ring buffer", started);
  }
  return poller;
}

void Poller::Close() noexcept {
  auto* handle = reinterpret_cast<uv_handle_t*>(&handle_);
  if (self_ == nullptr || uv_is_closing(handle)) {
    return;
  }
  callback_.Reset();
  instance_.ClosingBegan();
  uv_close(handle, OnClosed);
}

void Poller::SetRef(bool is_ref) noexcept {
  auto* handle = reinterpret_cast<uv_handle_t*>(&handle_);
  is_ref ? uv_ref(handle) : uv_unref(handle);
}

// Called by libuv. C calls only: JavaScript may be ending (a terminated worker), and then nothing may be
// thrown.
void Poller::OnReadable(uv_poll_t* handle, int status, int) noexcept {
  // The callback may close us.
  const std::shared_ptr<Poller> poller = static_cast<Poller*>(handle->data)->shared_from_this();
  if (status < 0) {
    uv_poll_stop(handle);
    return;
  }
  const napi_env env = poller->env_;
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env, &scope) != napi_ok) {
    return;
  }
  napi_value callback = nullptr;
  napi_value receiver = nullptr;
  napi_value result = nullptr;
  const napi_ref reference = poller->callback_;
  if (napi_get_reference_value(env, reference, &callback) == napi_ok && callback != nullptr &&
      napi_get_global(env, &receiver) == napi_ok &&
      napi_make_callback(env, nullptr, receiver, callback, 0, nullptr, &result) != napi_ok) {
    bool is_pending = false;
    napi_value exception = nullptr;
    if (napi_is_exception_pending(env, &is_pending) == napi_ok && is_pending &&
        napi_get_and_clear_last_exception(env, &exception) == napi_ok && exception != nullptr) {
      napi_fatal_exception(env, exception);
    }
  }
  napi_close_handle_scope(env, scope);
}

void Poller::OnClosed(uv_handle_t* handle) noexcept {
  const std::shared_ptr<Poller> poller = std::exchange(static_cast<Poller*>(handle->data)->self_, nullptr);
  poller->instance_.ClosingEnded();
}

}  // namespace bpf_native
