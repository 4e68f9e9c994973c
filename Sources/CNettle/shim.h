#ifndef CNETTLE_SHIM_H
#define CNETTLE_SHIM_H

#include <nettle/aes.h>
#include <nettle/hmac.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <nettle/sha3.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// Ethereum's Keccak-256: SHA3-256 but for the first byte of padding, which is 0x01 and not 0x06. nettle's own
/// end pads as SHA-3 does, so the last block is padded and taken in here; the permutation is nettle's.
static inline void cnettle_keccak256(const uint8_t *bytes, size_t count, uint8_t hash[SHA3_256_DIGEST_SIZE]) {
    struct sha3_256_ctx context;
    sha3_256_init(&context);
    sha3_256_update(&context, count, bytes);
    memset(context.block + context.index, 0, SHA3_256_BLOCK_SIZE - context.index);
    context.block[context.index] = 0x01;
    context.block[SHA3_256_BLOCK_SIZE - 1] |= 0x80;
    for (size_t i = 0; i < SHA3_256_BLOCK_SIZE; i++)
        context.state.a[i / 8] ^= (uint64_t)context.block[i] << (8 * (i % 8));
    sha3_permute(&context.state);
    for (size_t i = 0; i < SHA3_256_DIGEST_SIZE; i++)
        hash[i] = (uint8_t)(context.state.a[i / 8] >> (8 * (i % 8)));
}

#endif
