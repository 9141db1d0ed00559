#include "facts.h"

#include <bpf/bpf.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "errors.h"
#include "link.h"

namespace bpf_native {
namespace {

rlimit MemlockLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) {
    throw BpfFailure("read RLIMIT_MEMLOCK", errno);
  }
  return limit;
}

Napi::Object LimitToObject(Napi::Env env, const rlimit& limit) {
  const auto object = Napi::Object::New(env);
  object.Set("soft", Napi::BigInt::New(env, static_cast<uint64_t>(limit.rlim_cur)));
  object.Set("hard", Napi::BigInt::New(env, static_cast<uint64_t>(limit.rlim_max)));
  return object;
}

int64_t ReadClock(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) {
    throw BpfFailure("read a clock", errno);
  }
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Napi::Value BootClockOffset(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    // The reading of the wall clock belongs to the middle of the two around it; of several the tightest
    // counts.
    constexpr int kReadings = 5;
    int64_t best_gap = INT64_MAX;
    int64_t offset = 0;
    for (int i = 0; i < kReadings; i++) {
      const int64_t before = ReadClock(CLOCK_BOOTTIME);
      const int64_t wall = ReadClock(CLOCK_REALTIME);
      const int64_t after = ReadClock(CLOCK_BOOTTIME);
      if (after - before < best_gap) {
        best_gap = after - before;
        offset = wall - (before + best_gap / 2);
      }
    }
    return Napi::BigInt::New(env, offset);
  });
}

Napi::Value Capabilities(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
    if (syscall(SYS_capget, &header, data.data()) != 0) {
      throw BpfFailure("read the capabilities", errno);
    }
    const auto mask = [&](uint32_t __user_cap_data_struct::*set) {
      return Napi::BigInt::New(env, uint64_t{data[0].*set} | uint64_t{data[1].*set} << 32);
    };
    const auto result = Napi::Object::New(env);
    result.Set("effective", mask(&__user_cap_data_struct::effective));
    result.Set("permitted", mask(&__user_cap_data_struct::permitted));
    result.Set("inheritable", mask(&__user_cap_data_struct::inheritable));
    return result;
  });
}

Napi::Value RaiseMemlock(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    const rlimit before = MemlockLimit();
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    const rlimit as_allowed{before.rlim_max, before.rlim_max};
    // Past the hard limit needs CAP_SYS_RESOURCE; up to it nothing.
    if (setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0 && setrlimit(RLIMIT_MEMLOCK, &as_allowed) != 0) {
      throw BpfFailure("raise RLIMIT_MEMLOCK", errno);
    }
    const auto result = Napi::Object::New(env);
    result.Set("before", LimitToObject(env, before));
    result.Set("after", LimitToObject(env, MemlockLimit()));
    return result;
  });
}

Napi::Value EnableRunStats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return AtBoundary(env, [&]() -> Napi::Value {
    UniqueFd fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
    if (!fd) {
      throw BpfFailure("enable run statistics", errno);
    }
    return LinkHandle::Make(env, std::make_shared<LinkCore>(std::move(fd)));
  });
}

}  // namespace bpf_native
