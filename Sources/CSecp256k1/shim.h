#ifndef CSECP256K1_SHIM_H
#define CSECP256K1_SHIM_H

#include <errno.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

// libsecp256k1 leaves copies of the secret in its dead stack frames. Calls that take the secret are therefore made
// here, in functions that are never inlined: each overwrites the stack below itself and its registers.
#define CSECP256K1_SECRET static __attribute__((noinline, unused, zero_call_used_regs("all")))

/// The calls made here use less than 2 KiB of the stack; measured with 0.2.0. The rest is for other versions.
#define CSECP256K1_STACK_BYTES (16 * 1024)

static __attribute__((noinline, unused)) void csecp256k1_wipe_stack(void) {
    unsigned char frames[CSECP256K1_STACK_BYTES];
    explicit_bzero(frames, sizeof frames);
}

/// A context with 32 random bytes against side channels, or NULL. Any number of threads may use it.
static inline secp256k1_context *csecp256k1_context(void) {
    unsigned char seed[32];
    size_t count = 0;
    while (count < sizeof seed) {
        ssize_t more = getrandom(seed + count, sizeof seed - count, 0);
        if (more < 0 && errno != EINTR)
            return NULL;
        if (more > 0)
            count += (size_t)more;
    }
    secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    int is_ready = context != NULL && secp256k1_context_randomize(context, seed);
    explicit_bzero(seed, sizeof seed);
    return is_ready ? context : NULL;
}

/// The public key as x and y. 0 when the secret is none: nothing, or not below the curve's order.
CSECP256K1_SECRET int csecp256k1_public_key(
    const secp256k1_context *context, uint8_t point[64], const uint8_t secret[32]) {
    secp256k1_pubkey key;
    int is_done = secp256k1_ec_pubkey_create(context, &key, secret);
    csecp256k1_wipe_stack();
    if (!is_done)
        return 0;
    unsigned char bytes[65];
    size_t count = sizeof bytes;
    secp256k1_ec_pubkey_serialize(context, bytes, &count, &key, SECP256K1_EC_UNCOMPRESSED);
    memcpy(point, bytes + 1, 64);
    return 1;
}

/// r and s with a nonce by RFC 6979, s in the lower half, and the recovery id. 0 when the secret is none.
CSECP256K1_SECRET int csecp256k1_sign(
    const secp256k1_context *context, uint8_t signature[64], int *recovery, const uint8_t hash[32],
    const uint8_t secret[32]) {
    secp256k1_ecdsa_recoverable_signature made;
    int is_done = secp256k1_ecdsa_sign_recoverable(
        context, &made, hash, secret, secp256k1_nonce_function_rfc6979, NULL);
    csecp256k1_wipe_stack();
    if (is_done)
        secp256k1_ecdsa_recoverable_signature_serialize_compact(context, signature, recovery, &made);
    return is_done;
}

/// The public key that made the signature, as x and y. 0 when no key did, or s is in the upper half.
static inline int csecp256k1_recover(
    const secp256k1_context *context, uint8_t point[64], const uint8_t signature[64], int recovery,
    const uint8_t hash[32]) {
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_ecdsa_signature plain;
    secp256k1_pubkey key;
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(context, &parsed, signature, recovery)
        || !secp256k1_ecdsa_recoverable_signature_convert(context, &plain, &parsed)
        || secp256k1_ecdsa_signature_normalize(context, NULL, &plain)
        || !secp256k1_ecdsa_recover(context, &key, &parsed, hash))
        return 0;
    unsigned char bytes[65];
    size_t count = sizeof bytes;
    secp256k1_ec_pubkey_serialize(context, bytes, &count, &key, SECP256K1_EC_UNCOMPRESSED);
    memcpy(point, bytes + 1, 64);
    return 1;
}

#endif
