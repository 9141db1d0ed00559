// The consumer side of a BPF ring buffer, without libbpf.
#ifndef BPF_NATIVE_RING_READER_H_
#define BPF_NATIVE_RING_READER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "handles.h"

namespace bpf_native {

// Reads the shared memory that kernel/bpf/ringbuf.c lays out:
//
//   page 0         u64 consumer position, written here
//   page 1         u64 producer position, read-only
//   page 2 and on  the data twice in a row, so that a record is contiguous wherever it starts
//
//   record = u32 length and BUSY and DISCARD bits | u32 page offset | length bytes | padding to 8
//
// One thread at a time, and only one reader of a map in the whole system.
class RingReader {
 public:
  // Duplicates the descriptor of a ring buffer map. Throws BpfFailure, EINVAL if it is no ring buffer.
  explicit RingReader(int map_fd);

  // Copies whole committed records to `target`, oldest first, and gives their room back to the kernel. A
  // record that does not fit stays. Returns the bytes written.
  size_t Drain(std::span<uint8_t> target);

  // Bytes of the oldest record, prefix and padding included, if it is committed and not discarded; else 0.
  size_t NextRecordBytes() const noexcept;
  size_t AvailableBytes() const noexcept;
  size_t SizeBytes() const noexcept { return size_; }
  int Fd() const noexcept { return fd_.Get(); }

 private:
  const uint8_t* At(uint64_t position) const noexcept { return data_ + (position & (size_ - 1)); }
  uint32_t HeaderAt(uint64_t position) const noexcept;

  UniqueFd fd_;
  size_t size_ = 0;
  Mapping consumer_page_;
  Mapping producer_pages_;
  uint64_t* consumer_ = nullptr;
  const uint64_t* producer_ = nullptr;
  const uint8_t* data_ = nullptr;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_RING_READER_H_
