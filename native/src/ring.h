// Ring buffers as JavaScript sees them.
#ifndef BPF_NATIVE_RING_H_
#define BPF_NATIVE_RING_H_

#include <napi.h>

#include <memory>
#include <optional>

#include "instance.h"
#include "poller.h"
#include "ring_reader.h"

namespace bpf_native {

// Owns the reader and what watches it. Environment's thread.
class RingCore : public Resource {
 public:
  RingCore(int map_fd, size_t max_record_bytes) : reader_(map_fd), max_record_bytes_(max_record_bytes) {}
  void Close() noexcept override;

  // Throws EBADF once closed.
  RingReader& Reader();
  // Replaces the callback; none when null.
  void Watch(Napi::Env env, const Napi::Value& callback);
  void SetRef(bool is_ref) noexcept;
  size_t MaxRecordBytes() const noexcept { return max_record_bytes_; }

 private:
  std::optional<RingReader> reader_;
  std::shared_ptr<Poller> poller_;
  size_t max_record_bytes_;
  bool is_ref_ = true;
};

// JavaScript's AddonRing.
class RingHandle : public Napi::ObjectWrap<RingHandle> {
 public:
  using State = std::shared_ptr<RingCore>;
  static Napi::Function Define(Napi::Env env);
  explicit RingHandle(const Napi::CallbackInfo& info);

  // openRing(mapFd, maxRecordBytes)
  static Napi::Value Open(const Napi::CallbackInfo& info);

 private:
  Napi::Value SizeBytes(const Napi::CallbackInfo& info);
  Napi::Value Drain(const Napi::CallbackInfo& info);
  Napi::Value AvailableBytes(const Napi::CallbackInfo& info);
  void OnReadable(const Napi::CallbackInfo& info);
  void RefLoop(const Napi::CallbackInfo& info);
  void UnrefLoop(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  State core_;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_RING_H_
