// The module: what JavaScript finds when it loads the file.
#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>

#include "errors.h"
#include "facts.h"
#include "instance.h"
#include "link.h"
#include "log_capture.h"
#include "map.h"
#include "object.h"
#include "probe.h"
#include "program.h"
#include "ring.h"

namespace bpf_native {
namespace {

// setErrorClass(errorClass): constructed with (message, code, errno, log).
void SetErrorClass(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) {
    throw Napi::TypeError::New(info.Env(), "errorClass has to be a class");
  }
  Instance::Of(info.Env()).error_class = Napi::Persistent(info[0].As<Napi::Function>());
}

// Called once an environment, and again if the same environment loads the file again: each has its own
// instance.
Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  LogCapture::Install();
  env.SetInstanceData(std::make_unique<Instance>(env).release());  // freed by the environment
  Instance& instance = Instance::Of(env);
  instance.object_class = Napi::Persistent(ObjectHandle::Define(env));
  instance.program_class = Napi::Persistent(ProgramHandle::Define(env));
  instance.map_class = Napi::Persistent(MapHandle::Define(env));
  instance.link_class = Napi::Persistent(LinkHandle::Define(env));
  instance.ring_class = Napi::Persistent(RingHandle::Define(env));

  exports.Set("libbpfVersion", Napi::String::New(env, libbpf_version_string()));
  exports.Set("possibleCpus", Napi::Number::New(env, libbpf_num_possible_cpus()));
  exports.Set("setErrorClass", Napi::Function::New<SetErrorClass>(env));
  exports.Set("openObject", Napi::Function::New<ObjectHandle::Open>(env));
  exports.Set("createMap", Napi::Function::New<MapHandle::Create>(env));
  exports.Set("openRing", Napi::Function::New<RingHandle::Open>(env));
  exports.Set("probeProgramType", Napi::Function::New<ProbeProgramType>(env));
  exports.Set("probeAttach", Napi::Function::New<ProbeAttach>(env));
  exports.Set("bootClockOffsetNs", Napi::Function::New<BootClockOffset>(env));
  exports.Set("capabilities", Napi::Function::New<Capabilities>(env));
  exports.Set("raiseMemlock", Napi::Function::New<RaiseMemlock>(env));
  exports.Set("enableRunStats", Napi::Function::New<EnableRunStats>(env));
  return exports;
}

}  // namespace
}  // namespace bpf_native

static Napi::Object Register(Napi::Env env, Napi::Object exports) {
  return bpf_native::Initialize(env, exports);
}

NODE_API_MODULE(bpf_native, Register)
