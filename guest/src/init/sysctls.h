// The three settings that Android's init insists on writing (AOSP init/security.cpp): without them it does not boot.
// A host that mounts /proc/sys read-only binds three files of the phone's own over them.
#pragma once

// Writes mmap_rnd_bits 32, mmap_rnd_compat_bits 16 and kptr_restrict 2 and reads them back. On failure logs
// "Security failure" and reboots, as init does.
void sysctls_insist(void);
