// Reading and writing many entries of a map.
#ifndef BPF_NATIVE_MAP_BULK_H_
#define BPF_NATIVE_MAP_BULK_H_

#include <cstdint>
#include <span>
#include <vector>

#include "map.h"

namespace bpf_native {

struct MapEntries {
  // `count` keys of key_size bytes and values of value_bytes.
  std::vector<uint8_t> keys;
  std::vector<uint8_t> values;
  size_t count = 0;
};

// At most `max` keys, one after the other. Throws BpfFailure.
std::vector<uint8_t> ReadKeys(const MapCore& map, size_t max);

// At most `max` entries, in batches where the kernel can, else one by one. Throws BpfFailure.
MapEntries ReadEntries(const MapCore& map, size_t max);

// Writes `count` entries; sizes are the caller's to check. Throws BpfFailure, entries before the bad one
// written.
void WriteEntries(const MapCore& map, std::span<const uint8_t> keys, std::span<const uint8_t> values,
                  size_t count, uint64_t flags);

}  // namespace bpf_native

#endif  // BPF_NATIVE_MAP_BULK_H_
