//! Rust as words and signs, without comments and strings. Knows nothing of modules or rooms.

/// A token and the line that it stands on, from 1.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// Words, `::`, and every other sign by itself. Comments, strings, characters, lifetimes and blanks
/// are left out.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let signs: Vec<char> = text.chars().collect();
    let sign = |at: usize| signs.get(at).copied().unwrap_or('\0');
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < signs.len() {
        let start = at;
        match sign(at) {
            '/' if sign(at + 1) == '/' => {
                while at < signs.len() && sign(at) != '\n' {
                    at += 1;
                }
            }
            '/' if sign(at + 1) == '*' => at = behind_comment(&signs, at),
            '"' => at = behind_string(&signs, at),
            '\'' if sign(at + 1) == '\\' => {
                at += 3;
                while at < signs.len() && sign(at) != '\'' {
                    at += 1;
                }
                at += 1;
            }
            '\'' if sign(at + 2) == '\'' => at += 3,
            '\'' => {
                at += 1;
                while is_word_sign(sign(at)) {
                    at += 1;
                }
            }
            c if is_word_sign(c) => {
                while is_word_sign(sign(at)) {
                    at += 1;
                }
                let word: String = signs[start..at].iter().collect();
                if word.ends_with('r') && word.len() <= 2 && matches!(sign(at), '"' | '#') {
                    at = behind_raw_string(&signs, at);
                } else {
                    found.push(Token { text: word, line });
                }
            }
            ':' if sign(at + 1) == ':' => {
                found.push(Token { text: "::".into(), line });
                at += 2;
            }
            c => {
                if !c.is_whitespace() {
                    found.push(Token { text: c.into(), line });
                }
                at += 1;
            }
        }
        at = at.min(signs.len());
        line += signs[start..at].iter().filter(|sign| **sign == '\n').count();
    }
    found
}

/// Block comments nest.
fn behind_comment(signs: &[char], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < signs.len() {
        match (signs[at], signs.get(at + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                at += 1;
            }
            ('*', Some('/')) => {
                depth -= 1;
                at += 1;
            }
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}

fn behind_string(signs: &[char], mut at: usize) -> usize {
    at += 1;
    while at < signs.len() && signs[at] != '"' {
        at += if signs[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// From the `#` or quote behind the `r`; what is no string (`r#type`) is left alone.
fn behind_raw_string(signs: &[char], mut at: usize) -> usize {
    let fence = signs[at..].iter().take_while(|sign| **sign == '#').count();
    at += fence;
    if signs.get(at) != Some(&'"') {
        return at;
    }
    at += 1;
    while at < signs.len() {
        let closed = signs[at] == '"'
            && signs[at + 1..].iter().take(fence).filter(|sign| **sign == '#').count() == fence;
        at += 1;
        if closed {
            return at + fence;
        }
    }
    at
}

fn is_word_sign(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// True for names and keywords.
pub(crate) fn is_word(text: &str) -> bool {
    text.starts_with(|sign: char| sign.is_alphabetic() || sign == '_')
}
