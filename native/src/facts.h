// Facts about this process and machine.
#ifndef BPF_NATIVE_FACTS_H_
#define BPF_NATIVE_FACTS_H_

#include <napi.h>

namespace bpf_native {

// bootClockOffsetNs(): from CLOCK_BOOTTIME, which programs read, to the wall clock.
Napi::Value BootClockOffset(const Napi::CallbackInfo& info);

// capabilities(): of the calling thread.
Napi::Value Capabilities(const Napi::CallbackInfo& info);

// raiseMemlock(): as far as allowed.
Napi::Value RaiseMemlock(const Napi::CallbackInfo& info);

// enableRunStats(): an AddonLink that keeps run statistics on.
Napi::Value EnableRunStats(const Napi::CallbackInfo& info);

}  // namespace bpf_native

#endif  // BPF_NATIVE_FACTS_H_
