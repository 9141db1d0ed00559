// Attachments.
#ifndef BPF_NATIVE_LINK_H_
#define BPF_NATIVE_LINK_H_

#include <napi.h>

#include <memory>

#include "handles.h"
#include "instance.h"

namespace bpf_native {

// Owns an attachment: libbpf's link, or the bare descriptor of one made without libbpf.
class LinkCore : public Resource {
 public:
  explicit LinkCore(UniqueLink link) noexcept : link_(std::move(link)) {}
  explicit LinkCore(UniqueFd fd) noexcept : fd_(std::move(fd)) {}
  void Close() noexcept override {
    link_.reset();
    fd_.Reset();
  }
  // Throws EBADF once closed.
  int Fd() const;

 private:
  UniqueLink link_;
  UniqueFd fd_;
};

// JavaScript's AddonLink.
class LinkHandle : public Napi::ObjectWrap<LinkHandle> {
 public:
  using State = std::shared_ptr<LinkCore>;
  static Napi::Function Define(Napi::Env env);
  explicit LinkHandle(const Napi::CallbackInfo& info);

  // Keeps the link open and wraps it.
  static Napi::Object Make(Napi::Env env, std::shared_ptr<LinkCore> link);

 private:
  Napi::Value Id(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  State core_;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_LINK_H_
