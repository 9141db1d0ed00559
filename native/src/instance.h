// All state of one environment (the main thread or a worker). Its thread only.
#ifndef BPF_NATIVE_INSTANCE_H_
#define BPF_NATIVE_INSTANCE_H_

#include <napi.h>

#include <memory>
#include <unordered_set>
#include <utility>

namespace bpf_native {

// Something open: it stays so until Close, not until JavaScript drops it.
class Resource {
 public:
  virtual ~Resource() = default;
  // Idempotent. Not called from finalizers.
  virtual void Close() noexcept = 0;
};

class Instance {
 public:
  explicit Instance(Napi::Env env);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  static Instance& Of(Napi::Env env) { return *env.GetInstanceData<Instance>(); }

  // Keeps a resource open until Close or the environment's end.
  void Keep(std::shared_ptr<Resource> resource) { resources_.insert(std::move(resource)); }
  void Close(const std::shared_ptr<Resource>& resource) noexcept;

  // libuv closes handles later: the environment has to wait for them.
  void ClosingBegan() noexcept { closing_++; }
  void ClosingEnded() noexcept;

  // Makes the wrapper of `state`: the constructor of `Wrapper` takes it by TakeState. JavaScript cannot
  // construct one itself, for it has no state to give.
  template <typename Wrapper>
  Napi::Object Wrap(const Napi::FunctionReference& constructor, typename Wrapper::State state) {
    const PendingScope scope(*this, &state, &kTag<Wrapper>);
    return constructor.New({});
  }

  // The state for a wrapper under construction. Throws TypeError if JavaScript called the constructor.
  template <typename Wrapper>
  static typename Wrapper::State TakeState(const Napi::CallbackInfo& info) {
    const Instance& instance = Of(info.Env());
    if (instance.pending_tag_ != &kTag<Wrapper>) {
      throw Napi::TypeError::New(info.Env(), "Illegal constructor");
    }
    return std::move(*static_cast<typename Wrapper::State*>(instance.pending_));
  }

  Napi::FunctionReference error_class;
  Napi::FunctionReference object_class;
  Napi::FunctionReference program_class;
  Napi::FunctionReference map_class;
  Napi::FunctionReference link_class;
  Napi::FunctionReference ring_class;

 private:
  template <typename Wrapper>
  static constexpr char kTag = 0;

  class PendingScope {
   public:
    PendingScope(Instance& instance, void* state, const char* tag) noexcept : instance_(instance) {
      instance_.pending_ = state;
      instance_.pending_tag_ = tag;
    }
    ~PendingScope() { instance_.pending_tag_ = nullptr; }

   private:
    Instance& instance_;
  };

  static void OnEnvironmentEnd(napi_async_cleanup_hook_handle handle, void* instance) noexcept;

  std::unordered_set<std::shared_ptr<Resource>> resources_;
  void* pending_ = nullptr;
  const char* pending_tag_ = nullptr;
  int closing_ = 0;
  bool is_ending_ = false;
  napi_async_cleanup_hook_handle hook_ = nullptr;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_INSTANCE_H_
