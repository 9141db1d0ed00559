#include "program.h"

#include <bpf/bpf.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "arguments.h"
#include "attach.h"
#include "errors.h"
#include "link.h"

namespace bpf_native {
namespace {

// What a packet program may grow its packet by, and what the kernel gives at most.
constexpr size_t kHeadroomBytes = 256;
constexpr size_t kMaxTestBytes = 1 << 20;
constexpr int64_t kMaxRepeat = INT32_MAX;

// Keeps signals from the calling thread while it lives; the ones that came are delivered after it.
class BlockedSignals {
 public:
  BlockedSignals() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

bpf_prog_info InfoOf(const ProgramState& state) {
  bpf_prog_info info{};
  uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(state.Fd(), &info, &size) != 0) {
    throw BpfFailure(std::string("ask about program ") + bpf_program__name(state.program), errno);
  }
  return info;
}

}  // namespace

bpf_program* ProgramState::Get() const {
  object->Get();
  return program;
}

int ProgramState::Fd() const {
  const int fd = bpf_program__fd(Get());
  if (fd < 0) {
    throw BpfFailure(std::string("use program ") + bpf_program__name(program) + ", which is not loaded",
                     EBADF);
  }
  return fd;
}

Napi::Function ProgramHandle::Define(Napi::Env env) {
  return DefineClass(env, "AddonProgram",
                     {
                         InstanceAccessor<&ProgramHandle::Fd>("fd"),
                         InstanceAccessor<&ProgramHandle::Autoload, &ProgramHandle::SetAutoload>("autoload"),
                         InstanceMethod<&ProgramHandle::Id>("id"),
                         InstanceMethod<&ProgramHandle::SetAttachTarget>("setAttachTarget"),
                         InstanceMethod<&ProgramHandle::Attach>("attach"),
                         InstanceMethod<&ProgramHandle::TestRun>("testRun"),
                         InstanceMethod<&ProgramHandle::Stats>("stats"),
                     });
}

// Name, section and type are values, so that they outlive the object.
ProgramHandle::ProgramHandle(const Napi::CallbackInfo& info)
    : ObjectWrap(info), state_(Instance::TakeState<ProgramHandle>(info)) {
  const Napi::Env env = info.Env();
  const Napi::Object self = info.This().As<Napi::Object>();
  const bpf_prog_type type = bpf_program__type(state_.program);
  const char* type_name = libbpf_bpf_prog_type_str(type);
  self.Set("name", Napi::String::New(env, bpf_program__name(state_.program)));
  self.Set("section", Napi::String::New(env, bpf_program__section_name(state_.program)));
  self.Set("type", Napi::String::New(env, type_name != nullptr ? type_name : "type-" + std::to_string(type)));
}

Napi::Value ProgramHandle::Fd(const Napi::CallbackInfo& info) {
  return AtBoundary(info.Env(), [&] { return Napi::Number::New(info.Env(), state_.Fd()); });
}

Napi::Value ProgramHandle::Autoload(const Napi::CallbackInfo& info) {
  return AtBoundary(info.Env(),
                    [&] { return Napi::Boolean::New(info.Env(), bpf_program__autoload(state_.Get())); });
}

void ProgramHandle::SetAutoload(const Napi::CallbackInfo& info, const Napi::Value& value) {
  AtBoundary(info.Env(), [&] {
    state_.object->GetUnloaded();
    bpf_program__set_autoload(state_.program, value.ToBoolean());
  });
}

Napi::Value ProgramHandle::Id(const Napi::CallbackInfo& info) {
  return AtBoundary(info.Env(), [&] { return Napi::Number::New(info.Env(), InfoOf(state_).id); });
}

void ProgramHandle::SetAttachTarget(const Napi::CallbackInfo& info) {
  AtBoundary(info.Env(), [&] {
    state_.object->GetUnloaded();
    const std::string target = TextOf(info[0], "name");
    const int result = bpf_program__set_attach_target(state_.program, 0, target.c_str());
    if (result != 0) {
      throw BpfFailure(
          std::string("set the target of program ") + bpf_program__name(state_.program) + " to " + target,
          result);
    }
  });
}

Napi::Value ProgramHandle::Attach(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    state_.Fd();
    return LinkHandle::Make(env, AttachProgram(state_.program, ObjectOf(info[0], "spec")));
  });
}

Napi::Value ProgramHandle::TestRun(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const int fd = state_.Fd();
    const auto data = info[0].IsUndefined() ? std::span<uint8_t>() : BytesOf(info[0], "data");
    const auto repeat = IntegerOf(info[1], "repeat", 0, kMaxRepeat);
    const auto context = info[2].IsUndefined() ? std::span<uint8_t>() : BytesOf(info[2], "context");
    if (std::max(data.size(), context.size()) > kMaxTestBytes) {
      throw Napi::RangeError::New(env, "data and context have to be at most 1 MiB");
    }
    std::vector<uint8_t> out(data.empty() ? 0 : data.size() + kHeadroomBytes);
    LIBBPF_OPTS(bpf_test_run_opts, options);
    options.data_in = data.empty() ? nullptr : data.data();
    options.data_size_in = static_cast<uint32_t>(data.size());
    options.data_out = out.empty() ? nullptr : out.data();
    options.data_size_out = static_cast<uint32_t>(out.size());
    options.ctx_in = context.empty() ? nullptr : context.data();
    options.ctx_size_in = static_cast<uint32_t>(context.size());
    options.repeat = static_cast<int>(repeat);
    // The kernel gives up between two runs when a signal waits, and does not say how many it did.
    const BlockedSignals blocked;
    if (bpf_prog_test_run_opts(fd, &options) != 0) {
      throw BpfFailure(std::string("run program ") + bpf_program__name(state_.program), errno);
    }
    const auto result = Napi::Object::New(env);
    result.Set("retval", Napi::Number::New(env, options.retval));
    result.Set("nsPerRun", Napi::Number::New(env, options.duration));
    result.Set("dataOut",
               CopyOf(env, std::span(out).first(std::min<size_t>(out.size(), options.data_size_out))));
    return result;
  });
}

Napi::Value ProgramHandle::Stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const bpf_prog_info stats = InfoOf(state_);
    const auto result = Napi::Object::New(env);
    result.Set("runCount", Napi::BigInt::New(env, static_cast<uint64_t>(stats.run_cnt)));
    result.Set("runTimeNs", Napi::BigInt::New(env, static_cast<uint64_t>(stats.run_time_ns)));
    result.Set("recursionMisses", Napi::BigInt::New(env, static_cast<uint64_t>(stats.recursion_misses)));
    return result;
  });
}

}  // namespace bpf_native
