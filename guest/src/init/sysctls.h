// The three settings that Android's init insists on writing (AOSP init/security.cpp): without them it does not boot.
// A host that mounts /proc/sys read-only binds three files of the phone's own over them.
#pragma once

// Writes mmap_rnd_bits (32; 24-33 on arm64), mmap_rnd_compat_bits (16, where the kernel has it) and kptr_restrict (2-4),
// the highest that is taken, and reads them back. On failure logs
// "Security failure" and reboots, as init does.
void sysctls_insist(void);
