// Programs of an object.
#ifndef BPF_NATIVE_PROGRAM_H_
#define BPF_NATIVE_PROGRAM_H_

#include <napi.h>

#include <memory>
#include <string>

#include "object.h"

namespace bpf_native {

// A program, valid while its object is open.
struct ProgramState {
  std::shared_ptr<ObjectCore> object;
  bpf_program* program = nullptr;

  // Throws EBADF once the object is closed.
  bpf_program* Get() const;
  // Throws EBADF also when the program is not loaded.
  int Fd() const;
};

// JavaScript's AddonProgram.
class ProgramHandle : public Napi::ObjectWrap<ProgramHandle> {
 public:
  using State = ProgramState;
  static Napi::Function Define(Napi::Env env);
  explicit ProgramHandle(const Napi::CallbackInfo& info);

 private:
  Napi::Value Fd(const Napi::CallbackInfo& info);
  Napi::Value Autoload(const Napi::CallbackInfo& info);
  void SetAutoload(const Napi::CallbackInfo& info, const Napi::Value& value);
  Napi::Value Id(const Napi::CallbackInfo& info);
  void SetAttachTarget(const Napi::CallbackInfo& info);
  Napi::Value Attach(const Napi::CallbackInfo& info);
  Napi::Value TestRun(const Napi::CallbackInfo& info);
  Napi::Value Stats(const Napi::CallbackInfo& info);

  State state_;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_PROGRAM_H_
