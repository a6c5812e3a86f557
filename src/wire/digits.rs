//! Whole numbers as decimal digits in bytes, both ways.
//!
//! `core::fmt` and `str::parse` do the same by way of UTF-8 and a formatter; listings write four
//! numbers a line and a million lines a second, and what a peer sends is bytes. Only this room
//! calls it.

/// Digits of `u64::MAX` in base 8, the lowest in use.
const MOST: usize = 22;

/// Appends `number`, preceded by spaces to at least `width` bytes.
pub(super) fn write_padded(number: u64, width: usize, out: &mut Vec<u8>) {
    write_base::<10>(number, width, out);
}

/// Appends `number`.
pub(super) fn write(number: u64, out: &mut Vec<u8>) {
    write_base::<10>(number, 0, out);
}

/// Appends `number` in hexadecimal digits.
pub(super) fn write_hex(number: u64, out: &mut Vec<u8>) {
    write_base::<16>(number, 0, out);
}

/// Appends `number` in octal digits.
pub(super) fn write_octal(number: u64, out: &mut Vec<u8>) {
    write_base::<8>(number, 0, out);
}

/// The base is known to the compiler, so that no division is left of it.
fn write_base<const BASE: u64>(number: u64, width: usize, out: &mut Vec<u8>) {
    let mut digits = [0; MOST];
    let mut left = number;
    let mut first = MOST;
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        let value = (left % BASE) as u8;
        *digit = if value < 10 { b'0' + value } else { b'a' - 10 + value };
        left /= BASE;
        first = place;
        if left == 0 {
            break;
        }
    }
    let digits = digits.get(first..).unwrap_or_default();
    for _ in digits.len()..width {
        out.push(b' ');
    }
    out.extend_from_slice(digits);
}

/// The last digit of `number`.
pub(super) const fn last_digit(number: u64) -> u8 {
    (number % 10) as u8
}

/// Both digits of `number`, which is taken modulo 100.
pub(super) const fn pair(number: u64) -> [u8; 2] {
    [b'0' + last_digit(number / 10), b'0' + last_digit(number)]
}

/// The number that `digits` are, if they are nothing but digits, at least one, and fit.
pub(super) fn parse(digits: &[u8]) -> Option<u64> {
    parse_radix(digits, 10)
}

/// [`parse`] in another base: 8 for modes, 16 for unique names.
pub(super) fn parse_radix(digits: &[u8], base: u32) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, &digit| {
        let value = char::from(digit).to_digit(base)?;
        number.checked_mul(u64::from(base))?.checked_add(u64::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn written_numbers_parse(number: u64, width in 0_usize..24) {
            let mut out = Vec::new();
            write_padded(number, width, &mut out);
            prop_assert_eq!(String::from_utf8_lossy(&out), format!("{number:>width$}"));
            prop_assert_eq!(parse(out.trim_ascii()), Some(number));
            let (mut hex, mut octal) = (Vec::new(), Vec::new());
            write_hex(number, &mut hex);
            write_octal(number, &mut octal);
            prop_assert_eq!(parse_radix(&hex, 16), Some(number));
            prop_assert_eq!(parse_radix(&octal, 8), Some(number));
        }
    }

    #[test]
    fn only_digits_that_fit_are_numbers() {
        for text in ["", "-1", "+1", "1 ", "18446744073709551616", "0x10", "९"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse_radix(b"644", 8), Some(0o644));
        assert_eq!(parse_radix(b"8", 8), None);
        assert_eq!(pair(107), *b"07");
    }
}
