// SPDX-License-Identifier: Apache-2.0
// Stand-in for martinus/unordered_dense (not packaged by Debian): the few names the mediasoup
// worker uses (map, set, hash), on top of the standard containers.
//
// The standard ones promise strictly more (stable references, erase() keeps the others in place), so
// code written for the dense ones is safe on them; only iteration order differs, and nothing in the
// worker depends on it.
#ifndef SHIM_ANKERL_UNORDERED_DENSE_H
#define SHIM_ANKERL_UNORDERED_DENSE_H

#include <cstdint>
#include <functional>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>

namespace ankerl::unordered_dense
{
	// std::hash of an integer is the integer itself in libstdc++; mix it (splitmix64's finalizer), so
	// that values such as port numbers spread over all bits before the worker combines them.
	template<typename T, typename Enable = void>
	struct hash
	{
		size_t operator()(const T& value) const noexcept(noexcept(std::hash<T>{}(value)))
		{
			return std::hash<T>{}(value);
		}
	};

	template<typename T>
	struct hash<T, std::enable_if_t<std::is_integral_v<T> || std::is_enum_v<T> || std::is_pointer_v<T>>>
	{
		size_t operator()(T value) const noexcept
		{
			auto x = static_cast<uint64_t>(std::hash<T>{}(value));

			x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
			x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);

			return static_cast<size_t>(x ^ (x >> 31));
		}
	};

	template<typename Key, typename T, typename Hash = hash<Key>, typename Equal = std::equal_to<Key>>
	using map = std::unordered_map<Key, T, Hash, Equal>;

	template<typename Key, typename Hash = hash<Key>, typename Equal = std::equal_to<Key>>
	using set = std::unordered_set<Key, Hash, Equal>;
} // namespace ankerl::unordered_dense

#endif
