#include "probe.h"

#include <bpf/bpf.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <linux/perf_event.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>

#include "arguments.h"
#include "errors.h"
#include "handles.h"

namespace bpf_native {
namespace {

// r0 = 0; exit
constexpr std::array<bpf_insn, 2> kReturnZero = {{
    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0},
    {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
}};

UniqueFd LoadProgram(bpf_prog_type type, bpf_attach_type attach_type, int btf_id) {
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.expected_attach_type = attach_type;
  options.attach_btf_id = static_cast<uint32_t>(btf_id);
  UniqueFd fd(bpf_prog_load(type, "probe", "Dual BSD/GPL", kReturnZero.data(), kReturnZero.size(), &options));
  if (!fd) {
    throw BpfFailure("load the program", errno);
  }
  return fd;
}

// The attach type that a type which insists on one is probed with.
bpf_attach_type UsualAttachType(bpf_prog_type type) {
  switch (type) {
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
      return BPF_CGROUP_INET4_CONNECT;
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
      return BPF_CGROUP_GETSOCKOPT;
    case BPF_PROG_TYPE_CGROUP_SKB:
      return BPF_CGROUP_INET_INGRESS;
    case BPF_PROG_TYPE_CGROUP_SOCK:
      return BPF_CGROUP_INET_SOCK_CREATE;
    case BPF_PROG_TYPE_SK_LOOKUP:
      return BPF_SK_LOOKUP;
    case BPF_PROG_TYPE_SK_REUSEPORT:
      return BPF_SK_REUSEPORT_SELECT;
    default:
      return BPF_CGROUP_INET_INGRESS;  // 0: none
  }
}

bpf_prog_type TypeNamed(const Napi::Value& value) {
  constexpr int kPastAnyType = 256;
  const std::string name = TextOf(value, "type");
  for (int type = 1; type < kPastAnyType; type++) {
    const char* candidate = libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(type));
    if (candidate != nullptr && name == candidate) {
      return static_cast<bpf_prog_type>(type);
    }
  }
  throw Napi::TypeError::New(value.Env(), "Unknown program type: " + name);
}

int BtfId(const std::string& name, bpf_attach_type type) {
  const int id = libbpf_find_vmlinux_btf_id(name.c_str(), type);
  if (id <= 0) {
    throw BpfFailure("find " + name + " in the kernel's BTF", id == 0 ? ENOENT : id);
  }
  return id;
}

int NumberInFile(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 32> text{};
  if (!file || ::read(file.Get(), text.data(), text.size() - 1) < 0) {
    throw BpfFailure("read " + path, errno);
  }
  int number = 0;
  if (std::from_chars(text.begin(), text.end(), number).ec != std::errc()) {
    throw BpfFailure("read a number in " + path, EINVAL);
  }
  return number;
}

int TracepointId(const std::string& category, const std::string& name) {
  const std::string below = "/events/" + category + "/" + name + "/id";
  const std::string tracefs = "/sys/kernel/tracing";
  return NumberInFile(
      (access((tracefs + "/events").c_str(), F_OK) == 0 ? tracefs : "/sys/kernel/debug/tracing") + below);
}

// Where in its file the running executable starts: a place that is passed once, before us.
uint64_t EntryPointFileOffset() {
  const auto* headers = reinterpret_cast<const ElfW(Phdr)*>(getauxval(AT_PHDR));
  const uint64_t count = getauxval(AT_PHNUM);
  uint64_t base = 0;
  for (uint64_t index = 0; index < count; index++) {
    if (headers[index].p_type == PT_PHDR) {
      base = reinterpret_cast<uint64_t>(headers) - headers[index].p_vaddr;
    }
  }
  const uint64_t entry = getauxval(AT_ENTRY) - base;
  for (uint64_t index = 0; index < count; index++) {
    const auto& header = headers[index];
    if (header.p_type == PT_LOAD && entry >= header.p_vaddr && entry < header.p_vaddr + header.p_filesz) {
      return entry - header.p_vaddr + header.p_offset;
    }
  }
  throw BpfFailure("find the entry point of this executable", ENOENT);
}

// A disabled perf event: nothing is counted, it only carries the program.
UniqueFd OpenPerfEvent(perf_event_attr attributes, pid_t pid) {
  attributes.size = sizeof attributes;
  attributes.disabled = 1;
  const int cpu = pid == -1 ? 0 : -1;
  UniqueFd fd(
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!fd) {
    throw BpfFailure("open the perf event", errno);
  }
  return fd;
}

UniqueFd OpenProbeEvent(const char* unit, bool is_return, const char* target, uint64_t offset, pid_t pid) {
  perf_event_attr attributes{};
  // "config:0", the bit that makes it a return probe, on every kernel so far.
  attributes.type =
      static_cast<uint32_t>(NumberInFile(std::string("/sys/bus/event_source/devices/") + unit + "/type"));
  attributes.config = is_return ? 1 : 0;
  attributes.config1 = reinterpret_cast<uint64_t>(target);
  attributes.config2 = offset;
  return OpenPerfEvent(attributes, pid);
}

void AttachToPerfEvent(const UniqueFd& program, const UniqueFd& event) {
  if (ioctl(event.Get(), PERF_EVENT_IOC_SET_BPF, program.Get()) != 0) {
    throw BpfFailure("attach the program to the perf event", errno);
  }
}

void AttachByRawTracepoint(const UniqueFd& program, const char* name) {
  const UniqueFd link(bpf_raw_tracepoint_open(name, program.Get()));
  if (!link) {
    throw BpfFailure("attach the program", errno);
  }
}

struct Attempt {
  bool is_loaded = false;
};

void TryTracing(Attempt& attempt, bpf_prog_type type, bpf_attach_type attach_type,
                const std::string& target) {
  const UniqueFd program = LoadProgram(type, attach_type, BtfId(target, attach_type));
  attempt.is_loaded = true;
  AttachByRawTracepoint(program, nullptr);
}

void TryAttach(Attempt& attempt, const std::string& kind, const Napi::Object& spec) {
  const auto required = [&](const char* name) { return TextOf(spec.Get(name), name); };
  const auto load = [&](bpf_prog_type type) {
    UniqueFd program = LoadProgram(type, static_cast<bpf_attach_type>(0), 0);
    attempt.is_loaded = true;
    return program;
  };
  if (kind == "kprobe" || kind == "kretprobe") {
    const std::string function = required("function");
    const UniqueFd program = load(BPF_PROG_TYPE_KPROBE);
    AttachToPerfEvent(program, OpenProbeEvent("kprobe", kind == "kretprobe", function.c_str(), 0, -1));
  } else if (kind == "uprobe" || kind == "uretprobe") {
    const UniqueFd program = load(BPF_PROG_TYPE_KPROBE);
    AttachToPerfEvent(program, OpenProbeEvent("uprobe", kind == "uretprobe", "/proc/self/exe",
                                              EntryPointFileOffset(), getpid()));
  } else if (kind == "tracepoint") {
    const std::string category = required("category");
    const std::string name = required("name");
    const UniqueFd program = load(BPF_PROG_TYPE_TRACEPOINT);
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.config = static_cast<uint64_t>(TracepointId(category, name));
    AttachToPerfEvent(program, OpenPerfEvent(attributes, -1));
  } else if (kind == "raw_tracepoint") {
    const std::string name = required("name");
    AttachByRawTracepoint(load(BPF_PROG_TYPE_RAW_TRACEPOINT), name.c_str());
  } else if (kind == "tp_btf") {
    TryTracing(attempt, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, required("name"));
  } else if (kind == "fentry" || kind == "fexit") {
    TryTracing(attempt, BPF_PROG_TYPE_TRACING, kind == "fentry" ? BPF_TRACE_FENTRY : BPF_TRACE_FEXIT,
               required("function"));
  } else if (kind == "lsm") {
    TryTracing(attempt, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, required("hook"));
  } else if (kind == "xdp") {
    load(BPF_PROG_TYPE_XDP);
  } else {
    throw Napi::TypeError::New(spec.Env(), "Unknown kind of attachment: " + kind);
  }
}

Napi::Object Failed(Napi::Env env, const Attempt& attempt, const BpfFailure& failure) {
  const auto result = Napi::Object::New(env);
  result.Set("ok", Napi::Boolean::New(env, false));
  result.Set("stage", Napi::String::New(env, attempt.is_loaded ? "attach" : "load"));
  result.Set("errno", Napi::Number::New(env, failure.error()));
  result.Set("code", Napi::String::New(env, ErrnoName(failure.error())));
  result.Set("message", Napi::String::New(env, failure.what()));
  return result;
}

template <typename Try>
Napi::Value Report(Napi::Env env, Try&& attempt_it) {
  const LogCapture log;  // libbpf's words add nothing to the errno of a two-instruction program
  Attempt attempt;
  try {
    attempt_it(attempt);
  } catch (const BpfFailure& failure) {
    return Failed(env, attempt, failure);
  }
  const auto result = Napi::Object::New(env);
  result.Set("ok", Napi::Boolean::New(env, true));
  return result;
}

}  // namespace

Napi::Value ProbeProgramType(const Napi::CallbackInfo& info) {
  const bpf_prog_type type = TypeNamed(info[0]);
  return Report(info.Env(), [&](Attempt&) { LoadProgram(type, UsualAttachType(type), 0); });
}

Napi::Value ProbeAttach(const Napi::CallbackInfo& info) {
  const Napi::Object spec = ObjectOf(info[0], "spec");
  const std::string kind = TextOf(spec.Get("kind"), "kind");
  return Report(info.Env(), [&](Attempt& attempt) { TryAttach(attempt, kind, spec); });
}

}  // namespace bpf_native
