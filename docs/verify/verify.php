<?php

/** $headers: an array with lower-case names; $rawBody: file_get_contents('php://input'); $now: in seconds. */
function verify(string $secret, array $headers, string $rawBody, ?int $now = null): bool
{
    $timestamp = $headers['webhook-timestamp'] ?? '';
    $head = ($headers['webhook-id'] ?? '') . '.' . $timestamp;
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret));
    if (strlen($key) < 24 || !preg_match('/^\w+\.\d{10}$/D', $head)) {
        return false;
    }
    if (abs(($now ?? time()) - (int) $timestamp) > 300) {
        return false;
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', $head . '.' . $rawBody, $key, true));
    foreach (explode(' ', $headers['x-ivymail-signature'] ?? '') as $given) {
        if (hash_equals($expected, $given)) {
            return true;
        }
    }
    return false;
}
