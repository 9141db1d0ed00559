{
  "targets": [
    {
      "target_name": "prepare_archives",
      "type": "none",
      "actions": [
        {
          "action_name": "merge",
          "inputs": ["native/prepare-archives.sh", "<!@(bash native/prepare-archives.sh --list)"],
          "outputs": ["<(SHARED_INTERMEDIATE_DIR)/libbpf_native_deps.a"],
          "action": ["bash", "native/prepare-archives.sh", "<(SHARED_INTERMEDIATE_DIR)/libbpf_native_deps.a"]
        }
      ]
    },
    {
      "target_name": "bpf_native",
      "dependencies": ["prepare_archives"],
      "sources": [
        "native/src/addon.cc",
        "native/src/arguments.cc",
        "native/src/attach.cc",
        "native/src/errors.cc",
        "native/src/facts.cc",
        "native/src/instance.cc",
        "native/src/libelf_shim.c",
        "native/src/link.cc",
        "native/src/log_capture.cc",
        "native/src/map.cc",
        "native/src/map_bulk.cc",
        "native/src/object.cc",
        "native/src/poller.cc",
        "native/src/probe.cc",
        "native/src/program.cc",
        "native/src/ring.cc",
        "native/src/ring_reader.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": [
        "NAPI_VERSION=9",
        "NAPI_CPP_EXCEPTIONS",
        "NODE_ADDON_API_CPP_EXCEPTIONS_ALL",
        "NODE_ADDON_API_DISABLE_DEPRECATED",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "cflags": ["-O2", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-fdata-sections", "-ffunction-sections"],
      "cflags!": ["-Wno-unused-parameter"],
      "cflags_cc": ["-std=c++20", "-fexceptions", "-fno-rtti"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17", "-std=gnu++20"],
      "libraries": ["<(SHARED_INTERMEDIATE_DIR)/libbpf_native_deps.a"],
      "ldflags": [
        "-Wl,--exclude-libs,ALL",
        "-Wl,--version-script=<(module_root_dir)/native/exports.map",
        "-Wl,-z,text,-z,relro,-z,now",
        "-Wl,--gc-sections",
        "-Wl,--as-needed",
        "-static-libstdc++",
        "-static-libgcc"
      ]
    }
  ]
}
