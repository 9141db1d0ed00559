#include "attach.h"

#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <cerrno>
#include <climits>
#include <string>

#include "arguments.h"
#include "errors.h"

namespace bpf_native {
namespace {

constexpr int kEveryProcess = -1;
constexpr int64_t kMaxFileOffset = int64_t{1} << 53;

std::string Required(const Napi::Object& spec, const char* name) { return TextOf(spec.Get(name), name); }

bpf_link* AttachKprobe(bpf_program* program, const Napi::Object& spec, bool is_return) {
  return bpf_program__attach_kprobe(program, is_return, Required(spec, "function").c_str());
}

bpf_link* AttachTracepoint(bpf_program* program, const Napi::Object& spec) {
  return bpf_program__attach_tracepoint(program, Required(spec, "category").c_str(),
                                        Required(spec, "name").c_str());
}

bpf_link* AttachUprobe(bpf_program* program, const Napi::Object& spec, bool is_return) {
  const std::string path = Required(spec, "path");
  const auto symbol = TextIn(spec, "symbol");
  const auto offset = IntegerIn(spec, "offset", 0, kMaxFileOffset);
  const auto pid = IntegerIn(spec, "pid", 1, INT_MAX);
  if (symbol.has_value() == offset.has_value()) {
    throw Napi::TypeError::New(spec.Env(), "A uprobe needs either offset or symbol");
  }
  LIBBPF_OPTS(bpf_uprobe_opts, options);
  options.retprobe = is_return;
  options.func_name = symbol ? symbol->c_str() : nullptr;
  return bpf_program__attach_uprobe_opts(program, static_cast<pid_t>(pid.value_or(kEveryProcess)),
                                         path.c_str(), static_cast<size_t>(offset.value_or(0)), &options);
}

uint32_t XdpFlags(const Napi::Object& spec) {
  const std::string mode = TextIn(spec, "mode").value_or("auto");
  if (mode == "auto") {
    return 0;
  }
  if (mode == "native") {
    return XDP_FLAGS_DRV_MODE;
  }
  if (mode == "generic") {
    return XDP_FLAGS_SKB_MODE;
  }
  throw Napi::TypeError::New(spec.Env(), "mode has to be native, generic or auto");
}

int InterfaceIndex(const Napi::Object& spec) {
  const auto name = TextIn(spec, "interface");
  const auto index = IntegerIn(spec, "ifindex", 1, INT_MAX);
  if (name.has_value() == index.has_value()) {
    throw Napi::TypeError::New(spec.Env(), "XDP needs either ifindex or interface");
  }
  if (index) {
    return static_cast<int>(*index);
  }
  const unsigned found = if_nametoindex(name->c_str());
  if (found == 0) {
    throw BpfFailure("find the interface " + *name, errno);
  }
  return static_cast<int>(found);
}

// Not bpf_program__attach_xdp, which cannot choose the mode. Always a link: the kernel detaches when it is
// closed.
UniqueFd AttachXdp(const bpf_program* program, const Napi::Object& spec) {
  LIBBPF_OPTS(bpf_link_create_opts, options);
  options.flags = XdpFlags(spec);
  const int index = InterfaceIndex(spec);
  return UniqueFd(bpf_link_create(bpf_program__fd(program), index, BPF_XDP, &options));
}

// Null, with errno set, if the kernel or libbpf refuses.
UniqueLink AttachByLibbpf(bpf_program* program, const std::string& kind, const Napi::Object& spec) {
  if (kind == "auto") {
    return UniqueLink(bpf_program__attach(program));
  }
  if (kind == "kprobe" || kind == "kretprobe") {
    return UniqueLink(AttachKprobe(program, spec, kind == "kretprobe"));
  }
  if (kind == "tracepoint") {
    return UniqueLink(AttachTracepoint(program, spec));
  }
  if (kind == "raw_tracepoint") {
    return UniqueLink(bpf_program__attach_raw_tracepoint(program, Required(spec, "name").c_str()));
  }
  if (kind == "tp_btf" || kind == "fentry" || kind == "fexit") {
    return UniqueLink(bpf_program__attach_trace(program));
  }
  if (kind == "lsm") {
    return UniqueLink(bpf_program__attach_lsm(program));
  }
  if (kind == "uprobe" || kind == "uretprobe") {
    return UniqueLink(AttachUprobe(program, spec, kind == "uretprobe"));
  }
  if (kind == "iter") {
    return UniqueLink(bpf_program__attach_iter(program, nullptr));
  }
  throw Napi::TypeError::New(spec.Env(), "Unknown kind of attachment: " + kind);
}

}  // namespace

std::shared_ptr<LinkCore> AttachProgram(bpf_program* program, const Napi::Object& spec) {
  const std::string kind = Required(spec, "kind");
  const std::string doing = std::string("attach program ") + bpf_program__name(program) + " by " + kind;
  if (kind == "xdp") {
    UniqueFd fd = AttachXdp(program, spec);
    if (!fd) {
      throw BpfFailure(doing, errno);
    }
    return std::make_shared<LinkCore>(std::move(fd));
  }
  UniqueLink link = AttachByLibbpf(program, kind, spec);
  if (!link) {
    throw BpfFailure(doing, errno);
  }
  return std::make_shared<LinkCore>(std::move(link));
}

}  // namespace bpf_native
