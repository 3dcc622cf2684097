<?php

/**
 * True for a genuine webhook. $headers: names and values, such as getallheaders(). $rawBody: the body as it arrived,
 * such as file_get_contents('php://input'). $now: in seconds.
 */
function verify(string $secret, array $headers, mixed $rawBody, ?int $now = null): bool
{
    if (!is_string($rawBody)) {
        throw new TypeError('$rawBody must be the body as it arrived (a string), not parsed JSON');
    }
    $headers = array_change_key_case($headers);
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
    foreach (explode(' ', $headers['x-ivymail-signature'] ?? '') as $signature) {
        if (hash_equals($expected, $signature)) {
            return true;
        }
    }
    return false;
}
