//! The last wall where there is no list for the processor: it is said not to stand.

use super::{Line, Standing};

/// Says that there is nothing to raise.
pub(super) fn raise() -> Result<Line, String> {
    let why = format!("there is no list of system calls for {} yet", std::env::consts::ARCH);
    Ok(Line::new("seccomp", Standing::Missing(why)))
}
