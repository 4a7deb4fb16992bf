//! Numbers as people read them.

use super::words::grouped;

/// Two or three digits that say something: `0.02`, `4.7`, `12`, `1,240`.
pub fn short(number: f64) -> String {
    match number {
        0.0 => "0".to_owned(),
        n if n < 0.1 => format!("{n:.2}"),
        n if n < 10.0 => format!("{n:.1}").trim_end_matches(".0").to_owned(),
        #[expect(clippy::cast_possible_truncation, reason = "nobody counts that far")]
        n => grouped(n.round() as i64),
    }
}

/// `12,408`
pub fn count(number: u64) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

/// `9.1%`; nothing of it is `0`.
pub fn percent(part: u64, whole: u64) -> String {
    match part {
        0 => "0".to_owned(),
        part => format!("{}%", short(part as f64 * 100.0 / whole.max(1) as f64)),
    }
}

/// Microseconds: `0.3 ms`, `24 ms`, `1.5 s`.
pub fn micros(micros: u64) -> String {
    let millis = micros as f64 / 1000.0;
    if millis < 1000.0 { format!("{} ms", short(millis)) } else { format!("{} s", short(millis / 1000.0)) }
}

/// `340 B`, `12 KiB`, `4.2 MiB`
pub fn bytes(bytes: u64) -> String {
    let mut number = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if number < 1024.0 {
            return format!("{} {unit}", short(number));
        }
        number /= 1024.0;
    }
    format!("{} TiB", short(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let read: Vec<String> = [0.0, 0.024, 0.5, 3.0, 4.71, 12.4, 1240.0].into_iter().map(short).collect();
        assert_eq!(read, ["0", "0.02", "0.5", "3", "4.7", "12", "1,240"]);
        assert_eq!([250, 24_000, 1_500_000].map(micros), ["0.2 ms", "24 ms", "1.5 s"]);
        assert_eq!([340, 12_288, 4_404_019, 3 << 40].map(bytes), ["340 B", "12 KiB", "4.2 MiB", "3 TiB"]);
    }
}
