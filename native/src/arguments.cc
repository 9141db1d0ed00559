#include "arguments.h"

#include <cmath>
#include <cstring>

namespace bpf_native {
namespace {

constexpr size_t kMaxTextBytes = 4095;

[[noreturn]] void ThrowType(Napi::Env env, const char* name, const char* expected) {
  throw Napi::TypeError::New(env, std::string(name) + " has to be " + expected);
}

}  // namespace

std::span<uint8_t> BytesOf(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    ThrowType(value.Env(), name, "a Uint8Array");
  }
  auto array = value.As<Napi::Uint8Array>();
  return std::span<uint8_t>(array.Data(), array.ElementLength());
}

std::span<uint8_t> BytesOf(const Napi::Value& value, const char* name, size_t length) {
  const std::span<uint8_t> bytes = BytesOf(value, name);
  if (bytes.size() != length) {
    throw Napi::RangeError::New(value.Env(), std::string(name) + " has to be " + std::to_string(length) +
                                                 " bytes long, not " + std::to_string(bytes.size()));
  }
  return bytes;
}

std::string TextOf(const Napi::Value& value, const char* name) {
  if (!value.IsString()) {
    ThrowType(value.Env(), name, "a string");
  }
  size_t length = 0;
  napi_get_value_string_utf8(value.Env(), value, nullptr, 0, &length);
  if (length == 0 || length > kMaxTextBytes) {
    throw Napi::RangeError::New(value.Env(), std::string(name) + " has to be 1 to 4095 bytes long");
  }
  std::string text = value.As<Napi::String>().Utf8Value();
  if (text.find('\0') != std::string::npos) {
    throw Napi::RangeError::New(value.Env(), std::string(name) + " has a NUL in it");
  }
  return text;
}

int64_t IntegerOf(const Napi::Value& value, const char* name, int64_t min, int64_t max) {
  if (!value.IsNumber()) {
    ThrowType(value.Env(), name, "a number");
  }
  const double number = value.As<Napi::Number>().DoubleValue();
  if (std::trunc(number) != number || number < static_cast<double>(min) ||
      number > static_cast<double>(max)) {
    throw Napi::RangeError::New(value.Env(), std::string(name) + " has to be an integer from " +
                                                 std::to_string(min) + " to " + std::to_string(max));
  }
  return static_cast<int64_t>(number);
}

std::optional<std::string> TextIn(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  return value.IsUndefined() ? std::nullopt : std::optional(TextOf(value, name));
}

std::optional<int64_t> IntegerIn(const Napi::Object& object, const char* name, int64_t min, int64_t max) {
  const Napi::Value value = object.Get(name);
  return value.IsUndefined() ? std::nullopt : std::optional(IntegerOf(value, name, min, max));
}

Napi::Object ObjectOf(const Napi::Value& value, const char* name) {
  if (!value.IsObject()) {
    ThrowType(value.Env(), name, "an object");
  }
  return value.As<Napi::Object>();
}

Napi::Uint8Array CopyOf(Napi::Env env, std::span<const uint8_t> bytes) {
  auto array = Napi::Uint8Array::New(env, bytes.size());
  if (!bytes.empty()) {
    std::memcpy(array.Data(), bytes.data(), bytes.size());
  }
  return array;
}

}  // namespace bpf_native
