#include "ring_reader.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

#include "errors.h"

namespace bpf_native {
namespace {

// The kernel makes room only when the position moves: not too seldom, and not for each record.
constexpr uint64_t kReleaseBytes = 16 * 1024;
// The prefix is written as one word: length first, then 0.
static_assert(std::endian::native == std::endian::little && BPF_RINGBUF_HDR_SZ == sizeof(uint64_t));
constexpr uint32_t kFlags = BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT;

constexpr uint64_t RecordBytes(uint32_t header) {
  return (uint64_t{header & ~kFlags} + BPF_RINGBUF_HDR_SZ + 7) & ~uint64_t{7};
}

}  // namespace

RingReader::RingReader(int map_fd) : fd_(::fcntl(map_fd, F_DUPFD_CLOEXEC, 0)) {
  bpf_map_info map{};
  uint32_t info_bytes = sizeof map;
  if (!fd_ || bpf_obj_get_info_by_fd(fd_.Get(), &map, &info_bytes) != 0) {
    throw BpfFailure("open the ring buffer", errno);
  }
  if (map.type != BPF_MAP_TYPE_RINGBUF) {
    throw BpfFailure(std::string("open map ") + map.name + " as a ring buffer", EINVAL);
  }
  size_ = map.max_entries;
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  consumer_page_ = Mapping(fd_.Get(), page, PROT_READ | PROT_WRITE, 0);
  if (consumer_page_) {
    producer_pages_ = Mapping(fd_.Get(), page + 2 * size_, PROT_READ, static_cast<off_t>(page));
  }
  if (!producer_pages_) {
    throw BpfFailure("map the ring buffer's memory", errno);
  }
  consumer_ = static_cast<uint64_t*>(consumer_page_.Data());
  producer_ = static_cast<const uint64_t*>(producer_pages_.Data());
  data_ = static_cast<const uint8_t*>(producer_pages_.Data()) + page;
}

// Acquire: pairs with the kernel's exchange at commit, after which the record's bytes are there.
uint32_t RingReader::HeaderAt(uint64_t position) const noexcept {
  return __atomic_load_n(reinterpret_cast<const uint32_t*>(At(position)), __ATOMIC_ACQUIRE);
}

size_t RingReader::NextRecordBytes() const noexcept {
  const uint64_t position = __atomic_load_n(consumer_, __ATOMIC_RELAXED);
  if (position >= __atomic_load_n(producer_, __ATOMIC_ACQUIRE)) {
    return 0;
  }
  const uint32_t header = HeaderAt(position);
  return (header & kFlags) != 0 ? 0 : RecordBytes(header);
}

size_t RingReader::AvailableBytes() const noexcept {
  return __atomic_load_n(producer_, __ATOMIC_ACQUIRE) - __atomic_load_n(consumer_, __ATOMIC_RELAXED);
}

size_t RingReader::Drain(std::span<uint8_t> target) {
  size_t written = 0;
  uint64_t position = __atomic_load_n(consumer_, __ATOMIC_RELAXED);
  uint64_t released = position;
  const uint64_t last = position + size_;  // discarded records alone must not keep us here for ever

  // Release: the copies are done before the kernel may overwrite.
  const auto release = [&] {
    __atomic_store_n(consumer_, position, __ATOMIC_RELEASE);
    released = position;
  };

  bool is_full = false;
  do {
    const uint64_t producer = __atomic_load_n(producer_, __ATOMIC_ACQUIRE);
    while (position < producer) {
      const uint32_t header = HeaderAt(position);
      if ((header & BPF_RINGBUF_BUSY_BIT) != 0) {
        break;
      }
      const uint64_t bytes = RecordBytes(header);
      if (bytes > producer - position) {
        throw BpfFailure("read the ring buffer: a record ends past the producer", EBADMSG);
      }
      if ((header & BPF_RINGBUF_DISCARD_BIT) == 0) {
        if (bytes > target.size() - written) {
          is_full = true;
          break;
        }
        // Record by record: a first pass over the headers and one large copy measured slower, by the cache
        // misses.
        const uint64_t prefix = header;
        std::memcpy(target.data() + written, &prefix, sizeof prefix);
        std::memcpy(target.data() + written + sizeof prefix, At(position) + sizeof prefix,
                    bytes - sizeof prefix);
        written += bytes;
      }
      position += bytes;
      if (position - released >= kReleaseBytes) {
        release();
      }
    }
    release();
    // The kernel wakes us for a record only if it sees that we have reached it. So our position must be
    // visible before we look again: else both sides could miss each other and the record would wait for the
    // next one.
    std::atomic_thread_fence(std::memory_order_seq_cst);
  } while (!is_full && position < last && position < __atomic_load_n(producer_, __ATOMIC_ACQUIRE) &&
           (HeaderAt(position) & BPF_RINGBUF_BUSY_BIT) == 0);
  return written;
}

}  // namespace bpf_native
