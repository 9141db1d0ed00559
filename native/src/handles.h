// One owner for each thing that has to be given back.
#ifndef BPF_NATIVE_HANDLES_H_
#define BPF_NATIVE_HANDLES_H_

#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <utility>

namespace bpf_native {

// A file descriptor; any thread, one at a time.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int Get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void Reset() noexcept {
    if (fd_ >= 0) {
      ::close(std::exchange(fd_, -1));
    }
  }

 private:
  int fd_ = -1;
};

// A shared memory mapping; any thread, one at a time.
class Mapping {
 public:
  Mapping() = default;
  // Empty, with errno set, if the kernel refuses.
  Mapping(int fd, size_t bytes, int protection, off_t offset) noexcept
      : data_(::mmap(nullptr, bytes, protection, MAP_SHARED, fd, offset)), bytes_(bytes) {}
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, MAP_FAILED)), bytes_(std::exchange(other.bytes_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping() {
    if (data_ != MAP_FAILED) {
      ::munmap(data_, bytes_);
    }
  }

  void* Data() const noexcept { return data_; }
  explicit operator bool() const noexcept { return data_ != MAP_FAILED; }

 private:
  void* data_ = MAP_FAILED;
  size_t bytes_ = 0;
};

struct CloseObject {
  void operator()(bpf_object* object) const noexcept { bpf_object__close(object); }
};
using UniqueObject = std::unique_ptr<bpf_object, CloseObject>;

struct DestroyLink {
  void operator()(bpf_link* link) const noexcept { bpf_link__destroy(link); }
};
using UniqueLink = std::unique_ptr<bpf_link, DestroyLink>;

}  // namespace bpf_native

#endif  // BPF_NATIVE_HANDLES_H_
