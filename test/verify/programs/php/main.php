<?php

// Treat a notice or a warning as an error.
set_error_handler(fn($level, $message) => throw new ErrorException($message));
require 'verify.php';

const NAMES = ['webhook-id', 'webhook-timestamp', 'x-ivymail-signature'];

while (($line = fgets(STDIN)) !== false) {
    $read = fn($field) => $field === '-' ? null : base64_decode(substr($field, 1), true);
    [$secret, $now, $id, $timestamp, $signature, $body] = array_map($read, explode(' ', trim($line)));
    $headers = array_filter(array_combine(NAMES, [$id, $timestamp, $signature]), 'is_string');
    echo verify($secret, $headers, $body, (int) $now) ? 'true' : 'false', "\n";
}
