// Checks of what JavaScript passed, once, at the boundary. JavaScript thread.
#ifndef BPF_NATIVE_ARGUMENTS_H_
#define BPF_NATIVE_ARGUMENTS_H_

#include <napi.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace bpf_native {

// The bytes of a Uint8Array, valid until JavaScript runs again. Throws TypeError for anything else.
std::span<uint8_t> BytesOf(const Napi::Value& value, const char* name);

// As BytesOf, with a length that has to be met. Throws RangeError.
std::span<uint8_t> BytesOf(const Napi::Value& value, const char* name, size_t length);

// A string of 1 to 4095 bytes with no NUL. Throws TypeError or RangeError.
std::string TextOf(const Napi::Value& value, const char* name);

// An integer from `min` to `max`, each within 2^53. Throws TypeError or RangeError.
int64_t IntegerOf(const Napi::Value& value, const char* name, int64_t min, int64_t max);

// Members of an options object; nothing when undefined.
std::optional<std::string> TextIn(const Napi::Object& object, const char* name);
std::optional<int64_t> IntegerIn(const Napi::Object& object, const char* name, int64_t min, int64_t max);

// The object itself. Throws TypeError.
Napi::Object ObjectOf(const Napi::Value& value, const char* name);

// A new Uint8Array of these bytes.
Napi::Uint8Array CopyOf(Napi::Env env, std::span<const uint8_t> bytes);

}  // namespace bpf_native

#endif  // BPF_NATIVE_ARGUMENTS_H_
