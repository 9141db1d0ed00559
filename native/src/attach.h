// Attaching programs of an object.
#ifndef BPF_NATIVE_ATTACH_H_
#define BPF_NATIVE_ATTACH_H_

#include <napi.h>

#include <memory>

#include "link.h"

namespace bpf_native {

// Attaches a loaded program as an AttachSpec says. Throws BpfFailure, TypeError, RangeError. JavaScript
// thread.
std::shared_ptr<LinkCore> AttachProgram(bpf_program* program, const Napi::Object& spec);

}  // namespace bpf_native

#endif  // BPF_NATIVE_ATTACH_H_
