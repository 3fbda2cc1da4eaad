//! Which partition a key belongs to, as Kafka's own clients have it: those that read by key find a
//! story where they look for it.

/// The partition of a key among these, which are not empty.
pub(super) fn partition(key: &[u8], numbers: &[i32]) -> i32 {
    let hash = (murmur2(key) & 0x7fff_ffff) as usize;
    let place = hash.checked_rem(numbers.len()).unwrap_or(0);
    numbers.get(place).copied().unwrap_or(0)
}

/// MurmurHash2 of 32 bits with Kafka's seed.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c ^ (data.len() as u32);
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = word
            .iter()
            .rev()
            .fold(0, |k: u32, byte| k << 8 | u32::from(*byte));
        k = k.wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        let last = rest
            .iter()
            .rev()
            .fold(0, |k: u32, byte| k << 8 | u32::from(*byte));
        hash = (hash ^ last).wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_kafkas() {
        // From the tests of Kafka's own client.
        for (text, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            (
                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()) as i32, hash, "{text}");
        }
    }

    #[test]
    fn a_key_keeps_its_partition() {
        let numbers = [0, 1, 2, 3, 4];
        assert_eq!(
            partition(b"foobar", &numbers),
            partition(b"foobar", &numbers)
        );
        let spread: std::collections::BTreeSet<i32> = (0..100)
            .map(|n| partition(format!("st_{n}").as_bytes(), &numbers))
            .collect();
        assert_eq!(spread.len(), 5);
        assert_eq!(partition(b"foobar", &[0]), 0);
    }
}
