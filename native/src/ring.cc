#include "ring.h"

#include <cerrno>
#include <climits>

#include "arguments.h"
#include "errors.h"

namespace bpf_native {

// The poller first: libuv must not watch a descriptor that is closed.
void RingCore::Close() noexcept {
  if (poller_) {
    poller_->Close();
    poller_.reset();
  }
  reader_.reset();
}

RingReader& RingCore::Reader() {
  if (!reader_) {
    throw BpfFailure("use a closed ring buffer", EBADF);
  }
  return *reader_;
}

void RingCore::Watch(Napi::Env env, const Napi::Value& callback) {
  const int fd = Reader().Fd();
  if (!callback.IsNull() && !callback.IsFunction()) {
    throw Napi::TypeError::New(env, "callback has to be a function or null");
  }
  if (poller_) {
    poller_->Close();
    poller_.reset();
  }
  if (callback.IsFunction()) {
    poller_ = Poller::Start(env, fd, callback.As<Napi::Function>());
    poller_->SetRef(is_ref_);
  }
}

void RingCore::SetRef(bool is_ref) noexcept {
  is_ref_ = is_ref;
  if (poller_) {
    poller_->SetRef(is_ref);
  }
}

Napi::Function RingHandle::Define(Napi::Env env) {
  return DefineClass(env, "AddonRing",
                     {
                         InstanceAccessor<&RingHandle::SizeBytes>("sizeBytes"),
                         InstanceMethod<&RingHandle::Drain>("drain"),
                         InstanceMethod<&RingHandle::AvailableBytes>("availableBytes"),
                         InstanceMethod<&RingHandle::OnReadable>("onReadable"),
                         InstanceMethod<&RingHandle::RefLoop>("ref"),
                         InstanceMethod<&RingHandle::UnrefLoop>("unref"),
                         InstanceMethod<&RingHandle::Close>("close"),
                     });
}

RingHandle::RingHandle(const Napi::CallbackInfo& info)
    : ObjectWrap(info), core_(Instance::TakeState<RingHandle>(info)) {}

Napi::Value RingHandle::Open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const auto fd = static_cast<int>(IntegerOf(info[0], "mapFd", 0, INT_MAX));
    const auto max = static_cast<size_t>(IntegerOf(info[1], "maxRecordBytes", 8, UINT_MAX));
    Instance& instance = Instance::Of(env);
    const auto core = std::make_shared<RingCore>(fd, max);
    instance.Keep(core);
    return instance.Wrap<RingHandle>(instance.ring_class, core);
  });
}

Napi::Value RingHandle::SizeBytes(const Napi::CallbackInfo& info) {
  return AtBoundary(info.Env(), [&] {
    return Napi::Number::New(info.Env(), static_cast<double>(core_->Reader().SizeBytes()));
  });
}

Napi::Value RingHandle::Drain(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    RingReader& reader = core_->Reader();
    if (!info[0].IsArrayBuffer()) {
      throw Napi::TypeError::New(env, "target has to be an ArrayBuffer");
    }
    auto buffer = info[0].As<Napi::ArrayBuffer>();
    const std::span target(static_cast<uint8_t*>(buffer.Data()), buffer.ByteLength());
    if (target.size() < core_->MaxRecordBytes()) {
      throw Napi::RangeError::New(env, "target has to be at least maxRecordBytes long, which is " +
                                           std::to_string(core_->MaxRecordBytes()));
    }
    const size_t written = reader.Drain(target);
    if (written == 0 && reader.NextRecordBytes() > target.size()) {
      throw Napi::RangeError::New(
          env, "The next record needs a target of " + std::to_string(reader.NextRecordBytes()) + " bytes");
    }
    return Napi::Number::New(env, static_cast<double>(written));
  });
}

Napi::Value RingHandle::AvailableBytes(const Napi::CallbackInfo& info) {
  return AtBoundary(info.Env(), [&] {
    return Napi::Number::New(info.Env(), static_cast<double>(core_->Reader().AvailableBytes()));
  });
}

void RingHandle::OnReadable(const Napi::CallbackInfo& info) {
  AtBoundary(info.Env(), [&] { core_->Watch(info.Env(), info[0]); });
}

void RingHandle::RefLoop(const Napi::CallbackInfo&) { core_->SetRef(true); }

void RingHandle::UnrefLoop(const Napi::CallbackInfo&) { core_->SetRef(false); }

void RingHandle::Close(const Napi::CallbackInfo& info) { Instance::Of(info.Env()).Close(core_); }

}  // namespace bpf_native
