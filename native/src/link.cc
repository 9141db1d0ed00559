#include "link.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <vector>

#include "arguments.h"
#include "errors.h"

namespace bpf_native {
namespace {

constexpr int64_t kMaxReadBytes = 1 << 30;
constexpr size_t kReadStepBytes = 64 * 1024;

// Everything an iterator's seq_file gives. Throws EFBIG past `max`.
std::vector<uint8_t> ReadAll(int fd, size_t max) {
  std::vector<uint8_t> bytes;
  size_t length = 0;
  for (;;) {
    bytes.resize(length + kReadStepBytes);
    const ssize_t count = ::read(fd, bytes.data() + length, kReadStepBytes);
    if (count < 0) {
      // EAGAIN: the kernel gave the CPU back between two long stretches without output.
      if (errno == EINTR || errno == EAGAIN) {
        continue;
      }
      throw BpfFailure("read the iterator", errno);
    }
    length += static_cast<size_t>(count);
    if (length > max) {
      throw BpfFailure("read the iterator: more than " + std::to_string(max) + " bytes", EFBIG);
    }
    if (count == 0) {
      bytes.resize(length);
      return bytes;
    }
  }
}

}  // namespace

int LinkCore::Fd() const {
  if (link_) {
    return bpf_link__fd(link_.get());
  }
  if (!fd_) {
    throw BpfFailure("use a closed link", EBADF);
  }
  return fd_.Get();
}

Napi::Function LinkHandle::Define(Napi::Env env) {
  return DefineClass(env, "AddonLink",
                     {
                         InstanceMethod<&LinkHandle::Id>("id"),
                         InstanceMethod<&LinkHandle::Read>("read"),
                         InstanceMethod<&LinkHandle::Close>("close"),
                     });
}

LinkHandle::LinkHandle(const Napi::CallbackInfo& info)
    : ObjectWrap(info), core_(Instance::TakeState<LinkHandle>(info)) {}

Napi::Object LinkHandle::Make(Napi::Env env, std::shared_ptr<LinkCore> link) {
  Instance& instance = Instance::Of(env);
  instance.Keep(link);
  return instance.Wrap<LinkHandle>(instance.link_class, std::move(link));
}

Napi::Value LinkHandle::Id(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    bpf_link_info link{};
    uint32_t size = sizeof link;
    // A perf event's or old raw tracepoint's descriptor is no link: it has no id.
    if (bpf_obj_get_info_by_fd(core_->Fd(), &link, &size) != 0 || link.id == 0) {
      return env.Undefined();
    }
    return Napi::Number::New(env, link.id);
  });
}

Napi::Value LinkHandle::Read(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const auto max = static_cast<size_t>(IntegerOf(info[0], "maxBytes", 1, kMaxReadBytes));
    const UniqueFd iterator(bpf_iter_create(core_->Fd()));
    if (!iterator) {
      throw BpfFailure("start the iterator", errno);
    }
    return CopyOf(env, ReadAll(iterator.Get(), max));
  });
}

void LinkHandle::Close(const Napi::CallbackInfo& info) { Instance::Of(info.Env()).Close(core_); }

}  // namespace bpf_native
