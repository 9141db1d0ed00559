#include "map_bulk.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>

#include "errors.h"

namespace bpf_native {
namespace {

// The kernel's ENOTSUPP, which libc does not know: the map type has no batch command.
constexpr int kNotSupported = 524;
constexpr size_t kFirstBatch = 1024;
constexpr size_t kMaxBatch = 1 << 20;

bool IsWithoutBatch(int error) { return error == kNotSupported || error == ENOTSUP || error == EINVAL; }

// Calls `visit(key)` for at most `max` keys. A key deleted meanwhile restarts the kernel's walk; `max` ends
// it.
template <typename Visit>
void WalkKeys(const MapCore& map, size_t max, Visit&& visit) {
  const int fd = map.Fd();
  std::vector<uint8_t> key(map.Shape().key_size);
  const void* previous = nullptr;
  for (size_t seen = 0; seen < max; seen++) {
    if (bpf_map_get_next_key(fd, previous, key.data()) != 0) {
      if (errno == ENOENT) {
        return;
      }
      throw BpfFailure("list the keys of map " + map.Name(), errno);
    }
    previous = key.data();
    visit(key);
  }
}

MapEntries ReadOneByOne(const MapCore& map, size_t max) {
  const int fd = map.Fd();
  const MapShape shape = map.Shape();
  MapEntries entries;
  std::vector<uint8_t> value(shape.value_bytes);
  WalkKeys(map, max, [&](const std::vector<uint8_t>& key) {
    if (bpf_map_lookup_elem(fd, key.data(), value.data()) != 0) {
      if (errno == ENOENT) {
        return;  // deleted since the key was seen
      }
      throw BpfFailure("read map " + map.Name(), errno);
    }
    entries.keys.insert(entries.keys.end(), key.begin(), key.end());
    entries.values.insert(entries.values.end(), value.begin(), value.end());
    entries.count++;
  });
  return entries;
}

// The errno that stopped it; 0 when `entries` is complete.
int ReadInBatches(const MapCore& map, size_t max, MapEntries& entries) {
  const int fd = map.Fd();
  const MapShape shape = map.Shape();
  // Opaque to us: a bucket number or a key, so as long as the longer of both.
  std::vector<uint8_t> position(std::max<size_t>(shape.key_size, sizeof(uint64_t)));
  bool is_first = true;
  size_t batch = kFirstBatch;
  for (;;) {
    entries.keys.resize((entries.count + batch) * shape.key_size);
    entries.values.resize((entries.count + batch) * shape.value_bytes);
    auto count = static_cast<uint32_t>(batch);
    const int result =
        bpf_map_lookup_batch(fd, is_first ? nullptr : position.data(), position.data(),
                             entries.keys.data() + entries.count * shape.key_size,
                             entries.values.data() + entries.count * shape.value_bytes, &count, nullptr);
    const int error = result == 0 ? 0 : errno;
    // One hash bucket holds more than the batch.
    if (error == ENOSPC && batch < kMaxBatch) {
      batch *= 2;
      continue;
    }
    if (error != 0 && error != ENOENT) {
      return error;
    }
    is_first = false;
    entries.count += count;
    if (error == ENOENT || entries.count >= max) {
      return 0;
    }
  }
}

}  // namespace

std::vector<uint8_t> ReadKeys(const MapCore& map, size_t max) {
  std::vector<uint8_t> keys;
  WalkKeys(map, max,
           [&](const std::vector<uint8_t>& key) { keys.insert(keys.end(), key.begin(), key.end()); });
  return keys;
}

MapEntries ReadEntries(const MapCore& map, size_t max) {
  const MapShape shape = map.Shape();
  MapEntries entries;
  if (max == 0) {
    return entries;
  }
  const int error = ReadInBatches(map, max, entries);
  if (IsWithoutBatch(error)) {
    return ReadOneByOne(map, max);
  }
  if (error != 0) {
    throw BpfFailure("read map " + map.Name(), error);
  }
  entries.count = std::min(entries.count, max);
  entries.keys.resize(entries.count * shape.key_size);
  entries.values.resize(entries.count * shape.value_bytes);
  return entries;
}

void WriteEntries(const MapCore& map, std::span<const uint8_t> keys, std::span<const uint8_t> values,
                  size_t count, uint64_t flags) {
  const int fd = map.Fd();
  const MapShape shape = map.Shape();
  if (count == 0) {
    return;
  }
  LIBBPF_OPTS(bpf_map_batch_opts, options);
  options.elem_flags = flags;
  auto written = static_cast<uint32_t>(count);
  if (bpf_map_update_batch(fd, keys.data(), values.data(), &written, &options) == 0) {
    return;
  }
  if (!IsWithoutBatch(errno)) {
    throw BpfFailure("write map " + map.Name(), errno);
  }
  for (size_t index = 0; index < count; index++) {
    if (bpf_map_update_elem(fd, keys.data() + index * shape.key_size,
                            values.data() + index * shape.value_bytes, flags) != 0) {
      throw BpfFailure("write map " + map.Name(), errno);
    }
  }
}

}  // namespace bpf_native
