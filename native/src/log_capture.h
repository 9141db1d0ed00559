// What libbpf says during one call, instead of on stderr.
#ifndef BPF_NATIVE_LOG_CAPTURE_H_
#define BPF_NATIVE_LOG_CAPTURE_H_

#include <string>
#include <string_view>
#include <vector>

namespace bpf_native {

// Collects libbpf's warnings on this thread while it lives; nests. Any thread.
class LogCapture {
 public:
  LogCapture() noexcept;
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  // One line an element: of a verifier log the last 20, of the rest the first 100.
  const std::vector<std::string>& Lines() const { return lines_; }

  // Makes libbpf report here and never print. Once a loaded copy; any thread, may be called again.
  static void Install() noexcept;

  // Takes one message of libbpf, which may have many lines.
  void Add(std::string_view message);

 private:
  LogCapture* const outer_;
  std::vector<std::string> lines_;
};

}  // namespace bpf_native

#endif  // BPF_NATIVE_LOG_CAPTURE_H_
