#include "map.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <climits>
#include <vector>

#include "arguments.h"
#include "errors.h"
#include "map_bulk.h"

namespace bpf_native {
namespace {

constexpr size_t RoundUpTo8(size_t bytes) { return (bytes + 7) & ~size_t{7}; }

bool IsPerCpu(bpf_map_type type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

MapShape ShapeOf(bpf_map_type type, size_t key_size, size_t value_size, size_t max_entries) {
  const size_t value_bytes =
      IsPerCpu(type) ? RoundUpTo8(value_size) * static_cast<size_t>(libbpf_num_possible_cpus()) : value_size;
  return {type, key_size, value_size, value_bytes, max_entries};
}

std::string TypeName(bpf_map_type type) {
  const char* name = libbpf_bpf_map_type_str(type);
  return name != nullptr ? name : "type-" + std::to_string(type);
}

bpf_map_type TypeNamed(const Napi::Value& value) {
  constexpr int kPastAnyType = 256;
  const std::string name = TextOf(value, "type");
  for (int type = 1; type < kPastAnyType; type++) {
    const char* candidate = libbpf_bpf_map_type_str(static_cast<bpf_map_type>(type));
    if (candidate != nullptr && name == candidate) {
      return static_cast<bpf_map_type>(type);
    }
  }
  throw Napi::TypeError::New(value.Env(), "Unknown map type: " + name);
}

// Maps with no key take a null pointer.
const void* KeyPointer(std::span<const uint8_t> key) { return key.empty() ? nullptr : key.data(); }

void FreeMapping(Napi::Env, void*, Mapping* mapping) { std::unique_ptr<Mapping>{mapping}; }

}  // namespace

MapCore::MapCore(std::shared_ptr<ObjectCore> object, bpf_map* map)
    : object_(std::move(object)), map_(map), name_(bpf_map__name(map)) {}

MapCore::MapCore(std::string name, UniqueFd fd, MapShape shape)
    : fd_(std::move(fd)), shape_(shape), name_(std::move(name)) {}

void MapCore::Close() noexcept {
  fd_.Reset();
  is_closed_ = object_ == nullptr;
  if (view.IsEmpty()) {
    return;
  }
  // C calls: none of them may throw, as the environment may be ending.
  const napi_env env = view.Env();
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env, &scope) == napi_ok) {
    napi_value buffer = nullptr;
    const napi_ref reference = view;
    if (napi_get_reference_value(env, reference, &buffer) == napi_ok && buffer != nullptr) {
      napi_detach_arraybuffer(env, buffer);
    }
    napi_close_handle_scope(env, scope);
  }
  view.Reset();
}

void MapCore::RequireOpen() const {
  if (object_ != nullptr) {
    object_->Get();
  } else if (is_closed_) {
    throw BpfFailure("use map " + name_ + ", which is closed", EBADF);
  }
}

int MapCore::Fd() const {
  RequireOpen();
  const int fd = map_ != nullptr ? bpf_map__fd(map_) : fd_.Get();
  if (fd < 0) {
    throw BpfFailure("use map " + name_ + ", which is not loaded", EBADF);
  }
  return fd;
}

MapShape MapCore::Shape() const {
  RequireOpen();
  return map_ == nullptr ? shape_
                         : ShapeOf(bpf_map__type(map_), bpf_map__key_size(map_), bpf_map__value_size(map_),
                                   bpf_map__max_entries(map_));
}

bpf_map* MapCore::Settable() const {
  if (object_ == nullptr) {
    throw BpfFailure("change map " + name_ + ", which exists already", EINVAL);
  }
  object_->GetUnloaded();
  return map_;
}

bpf_map* MapCore::OfObject() const {
  RequireOpen();
  return map_;
}

Napi::Function MapHandle::Define(Napi::Env env) {
  return DefineClass(
      env, "AddonMap",
      {
          InstanceAccessor<&MapHandle::KeySize>("keySize"),
          InstanceAccessor<&MapHandle::ValueSize>("valueSize"),
          InstanceAccessor<&MapHandle::ValueBytes>("valueBytes"),
          InstanceAccessor<&MapHandle::MaxEntries, &MapHandle::SetMaxEntries>("maxEntries"),
          InstanceAccessor<&MapHandle::InitialValue, &MapHandle::SetInitialValue>("initialValue"),
          InstanceAccessor<&MapHandle::Fd>("fd"),
          InstanceMethod<&MapHandle::Id>("id"),
          InstanceMethod<&MapHandle::Get>("get"),
          InstanceMethod<&MapHandle::Set>("set"),
          InstanceMethod<&MapHandle::Delete>("delete"),
          InstanceMethod<&MapHandle::Keys>("keys"),
          InstanceMethod<&MapHandle::Entries>("entries"),
          InstanceMethod<&MapHandle::SetBatch>("setBatch"),
          InstanceMethod<&MapHandle::Mmap>("mmap"),
          InstanceMethod<&MapHandle::Close>("close"),
      });
}

// Name and type are values, so that they outlive the object.
MapHandle::MapHandle(const Napi::CallbackInfo& info)
    : ObjectWrap(info), core_(Instance::TakeState<MapHandle>(info)) {
  const Napi::Object self = info.This().As<Napi::Object>();
  self.Set("name", Napi::String::New(info.Env(), core_->Name()));
  self.Set("type", Napi::String::New(info.Env(), TypeName(core_->Shape().type)));
}

Napi::Value MapHandle::Create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const Napi::Object spec = ObjectOf(info[0], "options");
    const bpf_map_type type = TypeNamed(spec.Get("type"));
    const auto key_size = static_cast<uint32_t>(IntegerOf(spec.Get("keySize"), "keySize", 0, INT_MAX));
    const auto value_size = static_cast<uint32_t>(IntegerOf(spec.Get("valueSize"), "valueSize", 0, INT_MAX));
    const auto max_entries =
        static_cast<uint32_t>(IntegerOf(spec.Get("maxEntries"), "maxEntries", 0, UINT_MAX));
    const std::string name = TextIn(spec, "name").value_or("");
    LIBBPF_OPTS(bpf_map_create_opts, options);
    options.map_flags = static_cast<uint32_t>(IntegerIn(spec, "flags", 0, UINT_MAX).value_or(0));
    options.inner_map_fd = static_cast<uint32_t>(IntegerIn(spec, "innerMapFd", 0, INT_MAX).value_or(0));
    UniqueFd fd(bpf_map_create(type, name.empty() ? nullptr : name.c_str(), key_size, value_size, max_entries,
                               &options));
    if (!fd) {
      throw BpfFailure("create map " + name + " of type " + TypeName(type), errno);
    }
    Instance& instance = Instance::Of(env);
    const auto core =
        std::make_shared<MapCore>(name, std::move(fd), ShapeOf(type, key_size, value_size, max_entries));
    instance.Keep(core);
    return instance.Wrap<MapHandle>(instance.map_class, core);
  });
}

Napi::Value MapHandle::KeySize(const Napi::CallbackInfo& info) {
  return AtBoundary(info.Env(), [&] { return Napi::Number::New(info.Env(), core_->Shape().key_size); });
}

Napi::Value MapHandle::ValueSize(const Napi::CallbackInfo& info) {
  return AtBoundary(info.Env(), [&] { return Napi::Number::New(info.Env(), core_->Shape().value_size); });
}

Napi::Value MapHandle::ValueBytes(const Napi::CallbackInfo& info) {
  return AtBoundary(info.Env(), [&] { return Napi::Number::New(info.Env(), core_->Shape().value_bytes); });
}

Napi::Value MapHandle::MaxEntries(const Napi::CallbackInfo& info) {
  return AtBoundary(info.Env(), [&] { return Napi::Number::New(info.Env(), core_->Shape().max_entries); });
}

void MapHandle::SetMaxEntries(const Napi::CallbackInfo& info, const Napi::Value& value) {
  AtBoundary(info.Env(), [&] {
    const auto count = static_cast<uint32_t>(IntegerOf(value, "maxEntries", 1, UINT_MAX));
    const int result = bpf_map__set_max_entries(core_->Settable(), count);
    if (result != 0) {
      throw BpfFailure("set maxEntries of map " + core_->Name(), result);
    }
  });
}

Napi::Value MapHandle::InitialValue(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    bpf_map* map = core_->OfObject();
    size_t size = 0;
    const void* value = map != nullptr ? bpf_map__initial_value(map, &size) : nullptr;
    return value == nullptr ? env.Undefined() : CopyOf(env, {static_cast<const uint8_t*>(value), size});
  });
}

void MapHandle::SetInitialValue(const Napi::CallbackInfo& info, const Napi::Value& value) {
  AtBoundary(info.Env(), [&] {
    bpf_map* map = core_->Settable();
    const auto bytes = BytesOf(value, "initialValue", bpf_map__value_size(map));
    const int result = bpf_map__set_initial_value(map, bytes.data(), bytes.size());
    if (result != 0) {
      throw BpfFailure("set the initial value of map " + core_->Name(), result);
    }
  });
}

Napi::Value MapHandle::Fd(const Napi::CallbackInfo& info) {
  return AtBoundary(info.Env(), [&] { return Napi::Number::New(info.Env(), core_->Fd()); });
}

Napi::Value MapHandle::Id(const Napi::CallbackInfo& info) {
  return AtBoundary(info.Env(), [&] {
    bpf_map_info map{};
    uint32_t size = sizeof map;
    if (bpf_obj_get_info_by_fd(core_->Fd(), &map, &size) != 0) {
      throw BpfFailure("ask about map " + core_->Name(), errno);
    }
    return Napi::Number::New(info.Env(), map.id);
  });
}

Napi::Value MapHandle::Get(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const int fd = core_->Fd();
    const MapShape shape = core_->Shape();
    const auto key = BytesOf(info[0], "key", shape.key_size);
    auto value = Napi::Uint8Array::New(env, shape.value_bytes);
    if (bpf_map_lookup_elem(fd, KeyPointer(key), value.Data()) != 0) {
      if (errno == ENOENT) {
        return env.Undefined();
      }
      throw BpfFailure("read map " + core_->Name(), errno);
    }
    return value;
  });
}

void MapHandle::Set(const Napi::CallbackInfo& info) {
  AtBoundary(info.Env(), [&] {
    const int fd = core_->Fd();
    const MapShape shape = core_->Shape();
    const auto key = BytesOf(info[0], "key", shape.key_size);
    const auto value = BytesOf(info[1], "value", shape.value_bytes);
    const auto flags = static_cast<uint64_t>(IntegerOf(info[2], "flags", 0, UINT_MAX));
    if (bpf_map_update_elem(fd, KeyPointer(key), value.data(), flags) != 0) {
      throw BpfFailure("write map " + core_->Name(), errno);
    }
  });
}

Napi::Value MapHandle::Delete(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const int fd = core_->Fd();
    const auto key = BytesOf(info[0], "key", core_->Shape().key_size);
    if (bpf_map_delete_elem(fd, KeyPointer(key)) != 0) {
      if (errno == ENOENT) {
        return Napi::Boolean::New(env, false);
      }
      throw BpfFailure("delete from map " + core_->Name(), errno);
    }
    return Napi::Boolean::New(env, true);
  });
}

Napi::Value MapHandle::Keys(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const auto max = static_cast<size_t>(IntegerOf(info[0], "max", 0, UINT_MAX));
    return CopyOf(env, ReadKeys(*core_, max));
  });
}

Napi::Value MapHandle::Entries(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const auto max = static_cast<size_t>(IntegerOf(info[0], "max", 0, UINT_MAX));
    const MapEntries entries = ReadEntries(*core_, max);
    const auto result = Napi::Object::New(env);
    result.Set("keys", CopyOf(env, entries.keys));
    result.Set("values", CopyOf(env, entries.values));
    result.Set("count", Napi::Number::New(env, static_cast<double>(entries.count)));
    return result;
  });
}

void MapHandle::SetBatch(const Napi::CallbackInfo& info) {
  AtBoundary(info.Env(), [&] {
    const MapShape shape = core_->Shape();
    const auto count = static_cast<size_t>(IntegerOf(info[2], "count", 0, UINT_MAX));
    const auto keys = BytesOf(info[0], "keys", shape.key_size * count);
    const auto values = BytesOf(info[1], "values", shape.value_bytes * count);
    const auto flags = static_cast<uint64_t>(IntegerOf(info[3], "flags", 0, UINT_MAX));
    WriteEntries(*core_, keys, values, count, flags);
  });
}

Napi::Value MapHandle::Mmap(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const int fd = core_->Fd();
    const MapShape shape = core_->Shape();
    if (!core_->view.IsEmpty()) {
      const Napi::ArrayBuffer view = core_->view.Value();
      if (!view.IsEmpty() && !view.IsDetached()) {
        return view;
      }
    }
    const size_t bytes = RoundUpTo8(shape.value_size) * shape.max_entries;
    // A ring buffer would accept part of this, and let JavaScript write its consumer position.
    if (shape.type != BPF_MAP_TYPE_ARRAY) {
      throw BpfFailure("map the memory of map " + core_->Name() + ", which is no array", EINVAL);
    }
    auto mapping = std::make_unique<Mapping>(fd, bytes, PROT_READ | PROT_WRITE, 0);
    if (!*mapping) {
      throw BpfFailure("map the memory of map " + core_->Name(), errno);
    }
    void* data = mapping->Data();
    // The buffer owns the mapping from here: it is unmapped when nothing can reach it any more.
    const auto view = Napi::ArrayBuffer::New(env, data, bytes, FreeMapping, mapping.release());
    core_->view = Napi::Weak(view);
    Instance::Of(env).Keep(core_);
    return view;
  });
}

void MapHandle::Close(const Napi::CallbackInfo& info) { Instance::Of(info.Env()).Close(core_); }

}  // namespace bpf_native
