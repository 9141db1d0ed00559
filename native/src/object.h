// Opened BPF objects.
#ifndef BPF_NATIVE_OBJECT_H_
#define BPF_NATIVE_OBJECT_H_

#include <napi.h>

#include <memory>

#include "handles.h"
#include "instance.h"

namespace bpf_native {

// Owns a bpf_object; programs and maps hold it and find it closed after Close. Environment's thread.
class ObjectCore : public Resource {
 public:
  explicit ObjectCore(UniqueObject object) noexcept : object_(std::move(object)) {}
  void Close() noexcept override { object_.reset(); }

  // Throws EBADF once closed: no pointer into the object may be used without asking here first.
  bpf_object* Get() const;
  // As Get, and throws EBUSY once load was tried: libbpf does not check everywhere.
  bpf_object* GetUnloaded() const;
  bool IsLoaded() const noexcept { return is_loaded_; }
  void Load();

 private:
  UniqueObject object_;
  // A failed load leaves the object without its file data: it cannot be tried again.
  bool is_load_tried_ = false;
  bool is_loaded_ = false;
};

// JavaScript's AddonObject.
class ObjectHandle : public Napi::ObjectWrap<ObjectHandle> {
 public:
  using State = std::shared_ptr<ObjectCore>;
  static Napi::Function Define(Napi::Env env);
  explicit ObjectHandle(const Napi::CallbackInfo& info);

  // openObject(image, name, btf)
  static Napi::Value Open(const Napi::CallbackInfo& info);

 private:
  Napi::Value Programs(const Napi::CallbackInfo& info);
  Napi::Value Maps(const Napi::CallbackInfo& info);
  void Load(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  State core_;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_OBJECT_H_
