#include "object.h"

#include <cerrno>

#include "arguments.h"
#include "errors.h"
#include "map.h"
#include "program.h"

namespace bpf_native {

bpf_object* ObjectCore::Get() const {
  if (!object_) {
    throw BpfFailure("use a closed object", EBADF);
  }
  return object_.get();
}

bpf_object* ObjectCore::GetUnloaded() const {
  bpf_object* object = Get();
  if (is_load_tried_) {
    throw BpfFailure(std::string("change object ") + bpf_object__name(object) + " after load", EBUSY);
  }
  return object;
}

void ObjectCore::Load() {
  bpf_object* object = GetUnloaded();
  is_load_tried_ = true;
  const int result = bpf_object__load(object);
  if (result != 0) {
    throw BpfFailure(std::string("load object ") + bpf_object__name(object), result);
  }
  is_loaded_ = true;
}

Napi::Function ObjectHandle::Define(Napi::Env env) {
  return DefineClass(env, "AddonObject",
                     {
                         InstanceAccessor<&ObjectHandle::Programs>("programs"),
                         InstanceAccessor<&ObjectHandle::Maps>("maps"),
                         InstanceMethod<&ObjectHandle::Load>("load"),
                         InstanceMethod<&ObjectHandle::Close>("close"),
                     });
}

ObjectHandle::ObjectHandle(const Napi::CallbackInfo& info)
    : ObjectWrap(info), core_(Instance::TakeState<ObjectHandle>(info)) {}

Napi::Value ObjectHandle::Open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const auto image = BytesOf(info[0], "image");
    const std::string name = info[1].IsUndefined() ? "" : TextOf(info[1], "name");
    const std::string btf = info[2].IsUndefined() ? "" : TextOf(info[2], "btf");
    LIBBPF_OPTS(bpf_object_open_opts, options);
    options.object_name = name.empty() ? nullptr : name.c_str();
    options.btf_custom_path = btf.empty() ? nullptr : btf.c_str();
    UniqueObject object(bpf_object__open_mem(image.data(), image.size(), &options));
    if (!object) {
      throw BpfFailure("open the BPF object" + (name.empty() ? "" : " " + name), errno);
    }
    Instance& instance = Instance::Of(env);
    const auto core = std::make_shared<ObjectCore>(std::move(object));
    instance.Keep(core);
    return instance.Wrap<ObjectHandle>(instance.object_class, core);
  });
}

Napi::Value ObjectHandle::Programs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const auto list = Napi::Array::New(env);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, core_->Get()) {
      Instance& instance = Instance::Of(env);
      list.Set(list.Length(),
               instance.Wrap<ProgramHandle>(instance.program_class, ProgramState{core_, program}));
    }
    return list;
  });
}

Napi::Value ObjectHandle::Maps(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const auto list = Napi::Array::New(env);
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, core_->Get()) {
      Instance& instance = Instance::Of(env);
      list.Set(list.Length(),
               instance.Wrap<MapHandle>(instance.map_class, std::make_shared<MapCore>(core_, map)));
    }
    return list;
  });
}

void ObjectHandle::Load(const Napi::CallbackInfo& info) {
  AtBoundary(info.Env(), [&] { core_->Load(); });
}

void ObjectHandle::Close(const Napi::CallbackInfo& info) { Instance::Of(info.Env()).Close(core_); }

}  // namespace bpf_native
