//! `multipart/form-data` (RFC 7578), as browsers send forms with files: fields and files of a body that is here already.

/// A file that somebody chose; one that nobody chose is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The name of its input.
    pub field: String,
    pub bytes: Vec<u8>,
}

/// Name and value of each input that is no file.
pub type Fields = Vec<(String, String)>;

/// Most parts of a body.
const MOST_PARTS: usize = 100;

/// The fields, in order, and the files; `None` when the body is not what its header says.
pub fn parse(content_type: &str, body: &[u8]) -> Option<(Fields, Vec<File>)> {
    let boundary = boundary(content_type)?;
    let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    // The first delimiter has no line before it.
    let mut rest = body.strip_prefix(&delimiter[2..])?;
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = find(part, &delimiter)?;
        let (headers, content) = split(&part[..end])?;
        let (name, file_name) = disposition(headers)?;
        match file_name {
            None => fields.push((name, String::from_utf8(content.to_vec()).ok()?)),
            Some(file_name) if file_name.is_empty() && content.is_empty() => {}
            Some(_) => files.push(File { field: name, bytes: content.to_vec() }),
        }
        if fields.len() + files.len() > MOST_PARTS {
            return None;
        }
        rest = &part[end + delimiter.len()..];
    }
    rest.starts_with(b"--").then_some((fields, files))
}

fn boundary(content_type: &str) -> Option<&str> {
    let mut parameters = content_type.split(';').skip(1).map(str::trim);
    let boundary = parameters.find_map(|parameter| parameter.strip_prefix("boundary="))?.trim_matches('"');
    // RFC 2046 §5.1.1
    (!boundary.is_empty() && boundary.len() <= 70).then_some(boundary)
}

/// Headers and content of a part.
fn split(part: &[u8]) -> Option<(&str, &[u8])> {
    let end = find(part, b"\r\n\r\n")?;
    Some((std::str::from_utf8(&part[..end]).ok()?, &part[end + 4..]))
}

/// The name of the input, and that of the file.
fn disposition(headers: &str) -> Option<(String, Option<String>)> {
    let line = headers.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let parameter = |name: &str| {
        let from = line.find(&format!("; {name}=\""))? + name.len() + 4;
        line[from..].split('"').next().map(str::to_owned)
    };
    Some((parameter("name")?, parameter("filename")))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=----WebKitFormBoundaryx";

    fn body(parts: &[&str]) -> Vec<u8> {
        let parts = parts.iter().map(|part| format!("------WebKitFormBoundaryx\r\n{part}\r\n"));
        format!("{}------WebKitFormBoundaryx--\r\n", parts.collect::<String>()).into_bytes()
    }

    #[test]
    fn fields_and_files_are_told_apart() {
        let sent = body(&[
            "Content-Disposition: form-data; name=\"name\"\r\n\r\nAcme\r\nInc.",
            "Content-Disposition: form-data; name=\"logo\"; filename=\"a name=\"\r\nContent-Type: image/png\r\n\r\n\u{1}\r\n--",
            "Content-Disposition: form-data; name=\"none\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n",
        ]);
        let (fields, files) = parse(TYPE, &sent).unwrap();
        assert_eq!(fields, [("name".to_owned(), "Acme\r\nInc.".to_owned())]);
        assert_eq!(files, [File { field: "logo".to_owned(), bytes: b"\x01\r\n--".to_vec() }]);
    }

    #[test]
    fn what_is_cut_off_or_not_multipart_is_refused() {
        let whole = body(&["Content-Disposition: form-data; name=\"name\"\r\n\r\nAcme"]);
        assert!(parse(TYPE, &whole).is_some());
        for end in [0, 10, 30, 60, whole.len() - 4] {
            assert!(parse(TYPE, &whole[..end]).is_none(), "{end}");
        }
        assert!(parse("multipart/form-data", &whole).is_none());
        assert!(parse("multipart/form-data; boundary=other", &whole).is_none());
        assert!(parse(TYPE, &body(&["Content-Type: text/plain\r\n\r\nx"])).is_none(), "no name");
    }
}
