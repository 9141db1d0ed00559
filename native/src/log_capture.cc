#include "log_capture.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>

namespace bpf_native {
namespace {

constexpr size_t kMaxLines = 100;
constexpr size_t kVerifierLines = 20;
constexpr size_t kMaxLineBytes = 1000;
constexpr std::string_view kVerifierBegin = "-- BEGIN PROG LOAD LOG --";

// Trivial on purpose: a thread_local with a destructor would tie the thread's end to this library.
thread_local LogCapture* current = nullptr;

// Called by libbpf on whatever thread called it; lets nothing out, for libbpf is C.
__attribute__((format(printf, 2, 0))) int OnPrint(libbpf_print_level level, const char* format,
                                                  va_list arguments) {
  if (current == nullptr || level == LIBBPF_DEBUG) {
    return 0;
  }
  try {
    va_list measuring;
    va_copy(measuring, arguments);
    const int length = std::vsnprintf(nullptr, 0, format, measuring);
    va_end(measuring);
    if (length > 0) {
      std::string text(static_cast<size_t>(length) + 1, '\0');
      std::vsnprintf(text.data(), text.size(), format, arguments);
      text.pop_back();
      current->Add(text);
    }
  } catch (...) {
    // Out of memory: the call itself still reports its errno.
  }
  return 0;
}

}  // namespace

LogCapture::LogCapture() noexcept : outer_(current) { current = this; }

LogCapture::~LogCapture() { current = outer_; }

void LogCapture::Install() noexcept { libbpf_set_print(OnPrint); }

void LogCapture::Add(std::string_view message) {
  constexpr std::string_view kPrefix = "libbpf: ";
  if (message.starts_with(kPrefix)) {
    message.remove_prefix(kPrefix.size());
  }
  const bool is_verifier_log = message.find(kVerifierBegin) != std::string_view::npos;
  std::vector<std::string_view> lines;
  while (!message.empty()) {
    const size_t end = message.find('\n');
    const std::string_view line = message.substr(0, end);
    if (!line.empty()) {
      lines.push_back(line.substr(0, kMaxLineBytes));
    }
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
  }
  // The verifier's last words say why; of a verifier log the first line names the program.
  const size_t first =
      is_verifier_log && lines.size() > kVerifierLines + 2 ? lines.size() - kVerifierLines - 1 : 0;
  for (size_t index = 0; index < lines.size() && lines_.size() < kMaxLines; index++) {
    if (index == 0 || index >= first) {
      lines_.emplace_back(lines[index]);
    }
  }
}

}  // namespace bpf_native
