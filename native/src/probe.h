// What the kernel accepts, found by doing it. libbpf_probe_* is not used: it says yes to what newer kernels
// refuse.
#ifndef BPF_NATIVE_PROBE_H_
#define BPF_NATIVE_PROBE_H_

#include <napi.h>

namespace bpf_native {

// probeProgramType(type)
Napi::Value ProbeProgramType(const Napi::CallbackInfo& info);

// probeAttach(spec)
Napi::Value ProbeAttach(const Napi::CallbackInfo& info);

}  // namespace bpf_native

#endif  // BPF_NATIVE_PROBE_H_
