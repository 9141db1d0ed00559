#include "instance.h"

#include <utility>

namespace bpf_native {

Instance::Instance(Napi::Env env) {
  const napi_status status = napi_add_async_cleanup_hook(env, OnEnvironmentEnd, this, &hook_);
  if (status != napi_ok) {
    throw Napi::Error::New(env, "Cannot register the environment cleanup hook");
  }
}

void Instance::Close(const std::shared_ptr<Resource>& resource) noexcept {
  resource->Close();
  resources_.erase(resource);
}

void Instance::ClosingEnded() noexcept {
  closing_--;
  if (is_ending_ && closing_ == 0) {
    // The last act: the environment, and this instance with it, may end inside.
    napi_remove_async_cleanup_hook(std::exchange(hook_, nullptr));
  }
}

// Does what close() of each resource does, then lets the environment end once libuv has let go of the
// handles.
void Instance::OnEnvironmentEnd(napi_async_cleanup_hook_handle, void* data) noexcept {
  auto& instance = *static_cast<Instance*>(data);
  instance.is_ending_ = true;
  instance.ClosingBegan();  // so that no early end comes from inside the loop
  for (const auto& resource : std::exchange(instance.resources_, {})) {
    resource->Close();
  }
  instance.ClosingEnded();
}

}  // namespace bpf_native
