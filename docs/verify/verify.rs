// Cargo.toml: base64 = "0.22", hmac = "0.12", sha2 = "0.10"
use base64::{engine::general_purpose::STANDARD, Engine};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// True for a genuine webhook. `header` returns a header by its name, such as
/// `|name| headers.get(name)?.to_str().ok()`. `body`: as it arrived. `now`: in seconds since 1970.
pub fn verify<'h>(
    secret: &str,
    header: impl Fn(&str) -> Option<&'h str>,
    body: &[u8],
    now: u64,
) -> bool {
    let [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "x-ivymail-signature"]
        .map(|name| header(name).unwrap_or_default());
    let id_fits = !id.is_empty() && id.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    let timestamp_fits = timestamp.len() == 10 && timestamp.bytes().all(|c| c.is_ascii_digit());
    let key = secret.strip_prefix("whsec_").unwrap_or(secret);
    let key = STANDARD.decode(key).unwrap_or_default();
    if key.len() < 24 || !id_fits || !timestamp_fits {
        return false;
    }
    if timestamp
        .parse::<u64>()
        .map_or(true, |seconds| now.abs_diff(seconds) > 300)
    {
        return false;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    signatures.split(' ').any(|signature| {
        let digest = signature
            .strip_prefix("v1,")
            .and_then(|text| STANDARD.decode(text).ok());
        digest.is_some_and(|digest| mac.clone().verify_slice(&digest).is_ok())
    })
}
