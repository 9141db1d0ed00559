// Maps.
#ifndef BPF_NATIVE_MAP_H_
#define BPF_NATIVE_MAP_H_

#include <napi.h>

#include <memory>
#include <string>

#include "handles.h"
#include "object.h"

namespace bpf_native {

// The measures that decide how many bytes the kernel reads and writes.
struct MapShape {
  bpf_map_type type;
  size_t key_size;
  // Of one CPU.
  size_t value_size;
  // Of what a lookup fills: for a per-CPU map of all possible CPUs, each rounded up to 8.
  size_t value_bytes;
  size_t max_entries;
};

// A map of an object, or one that stands alone and is owned here. Environment's thread.
class MapCore : public Resource {
 public:
  MapCore(std::shared_ptr<ObjectCore> object, bpf_map* map);
  MapCore(std::string name, UniqueFd fd, MapShape shape);
  // Detaches the view; closes a map that stands alone.
  void Close() noexcept override;

  // Each throws EBADF once closed.
  int Fd() const;
  MapShape Shape() const;
  // The map for settings before load. Throws EBUSY once loaded, EINVAL for a map without object.
  bpf_map* Settable() const;
  // Null for a map without object.
  bpf_map* OfObject() const;
  const std::string& Name() const noexcept { return name_; }

  // Weak: the view lives as long as JavaScript holds it.
  Napi::Reference<Napi::ArrayBuffer> view;

 private:
  void RequireOpen() const;

  std::shared_ptr<ObjectCore> object_;
  bpf_map* map_ = nullptr;
  UniqueFd fd_;
  MapShape shape_{};
  bool is_closed_ = false;
  std::string name_;
};

// JavaScript's AddonMap.
class MapHandle : public Napi::ObjectWrap<MapHandle> {
 public:
  using State = std::shared_ptr<MapCore>;
  static Napi::Function Define(Napi::Env env);
  explicit MapHandle(const Napi::CallbackInfo& info);

  // createMap(options)
  static Napi::Value Create(const Napi::CallbackInfo& info);

 private:
  Napi::Value KeySize(const Napi::CallbackInfo& info);
  Napi::Value ValueSize(const Napi::CallbackInfo& info);
  Napi::Value ValueBytes(const Napi::CallbackInfo& info);
  Napi::Value MaxEntries(const Napi::CallbackInfo& info);
  void SetMaxEntries(const Napi::CallbackInfo& info, const Napi::Value& value);
  Napi::Value InitialValue(const Napi::CallbackInfo& info);
  void SetInitialValue(const Napi::CallbackInfo& info, const Napi::Value& value);
  Napi::Value Fd(const Napi::CallbackInfo& info);
  Napi::Value Id(const Napi::CallbackInfo& info);
  Napi::Value Get(const Napi::CallbackInfo& info);
  void Set(const Napi::CallbackInfo& info);
  Napi::Value Delete(const Napi::CallbackInfo& info);
  Napi::Value Keys(const Napi::CallbackInfo& info);
  Napi::Value Entries(const Napi::CallbackInfo& info);
  void SetBatch(const Napi::CallbackInfo& info);
  Napi::Value Mmap(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  State core_;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_MAP_H_
