//! A [`Region`] as bytes, for the store: little-endian, some 8 bytes a place of the page.

use super::{Json, Region};

/// First byte; another form gets another.
const FORM: u8 = 1;

impl Region {
    /// The form to keep.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.fixed.len() * 4 + self.others.len() * 8);
        out.push(FORM);
        for part in [
            self.context,
            self.container,
            self.order,
            self.json.raw,
            self.json.named,
            self.json.said,
        ] {
            out.extend(part.to_le_bytes());
        }
        out.extend((self.fixed.len() as u32).to_le_bytes());
        for slot in &self.fixed {
            out.extend(slot.to_le_bytes());
        }
        for (slot, digest) in &self.others {
            out.extend(slot.to_le_bytes());
            out.extend(digest.to_le_bytes());
        }
        out
    }

    /// Reads [`Region::to_bytes`]; `None` of any other form.
    pub fn from_bytes(bytes: &[u8]) -> Option<Region> {
        let (form, mut rest) = bytes.split_first()?;
        if *form != FORM {
            return None;
        }
        let mut parts = [0; 6];
        for part in &mut parts {
            *part = u64::from_le_bytes(take(&mut rest)?);
        }
        let [context, container, order, raw, named, said] = parts;
        let fixed = u32::from_le_bytes(take(&mut rest)?) as usize;
        let words = |bytes: &[u8]| -> Vec<u32> {
            let (whole, _) = bytes.as_chunks::<4>();
            whole.iter().map(|word| u32::from_le_bytes(*word)).collect()
        };
        let (fixed, others) = rest.split_at_checked(fixed.checked_mul(4)?)?;
        if others.len() % 8 != 0 {
            return None;
        }
        let others = words(others)
            .chunks_exact(2)
            .filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)))
            .collect();
        Some(Region {
            context,
            container,
            order,
            json: Json { raw, named, said },
            fixed: words(fixed),
            others,
        })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_give_the_region_back_and_anything_else_gives_none() {
        let region = Region {
            context: 1,
            container: 2,
            order: u64::MAX,
            json: Json {
                raw: 4,
                named: 5,
                said: 6,
            },
            fixed: vec![7, 9],
            others: vec![(1, 2), (3, u32::MAX)],
        };
        let bytes = region.to_bytes();
        assert_eq!(Region::from_bytes(&bytes), Some(region));
        for length in 0..bytes.len() {
            let cut = Region::from_bytes(&bytes[..length]);
            assert!(cut.is_none_or(|cut| cut.others.len() < 2), "{length}");
        }
        assert_eq!(Region::from_bytes(&[0; 200]), None);
        assert_eq!(Region::from_bytes(&[FORM; 200]), None);
    }
}
