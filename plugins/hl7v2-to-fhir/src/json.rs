//! A JSON tree for one resource at a time, and its text (RFC 8259). Empty strings, arrays and objects are never
//! written: FHIR forbids them.
//!
//! `Json` and `Object` are one pointer each and built by functions kept out of line: the mappings are little else
//! than their construction, and moving bigger values about made the module an eighth bigger (188 to 167 KB).

#[derive(Clone)]
pub struct Json(Box<Value>);

#[derive(Clone)]
enum Value {
    Text(String),
    Number(String),
    Bool(bool),
    Object(Object),
    Array(Vec<Json>),
    Extended(Option<String>, Json),
}

#[derive(Clone)]
pub struct Object(Box<Vec<(&'static str, Json)>>);

#[inline(never)]
pub fn text(value: &str) -> Json {
    Json::text(value.to_string())
}

impl From<Object> for Json {
    fn from(o: Object) -> Json {
        Json::object(o)
    }
}

impl Object {
    #[inline(never)]
    pub fn new() -> Object {
        Object(Box::new(Vec::new()))
    }

    #[inline(never)]
    pub fn resource(kind: &str) -> Object {
        Object::new().with("resourceType", text(kind))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline(never)]
    pub fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(k, _)| *k == key)
    }

    #[inline(always)]
    pub fn put(&mut self, key: &'static str, value: impl Into<Option<Json>>) {
        self.set(key, value.into());
    }

    #[inline(never)]
    fn set(&mut self, key: &'static str, value: Option<Json>) {
        match value {
            Some(v) if !v.is_empty() => self.0.push((key, v)),
            _ => {}
        }
    }

    #[inline(always)]
    pub fn with(mut self, key: &'static str, value: impl Into<Option<Json>>) -> Object {
        self.set(key, value.into());
        self
    }

    #[inline(never)]
    pub fn text(&mut self, key: &'static str, value: Option<String>) {
        self.set(key, value.map(Json::text));
    }

    #[inline(never)]
    pub fn with_text(mut self, key: &'static str, value: Option<String>) -> Object {
        self.text(key, value);
        self
    }

    #[inline(never)]
    pub fn extend(&mut self, other: Object) {
        self.0.extend(*other.0);
    }

    pub fn write(&self, out: &mut String) {
        out.push('{');
        for (i, (key, value)) in self.0.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            if let Value::Extended(plain, extension) = &*value.0 {
                if let Some(p) = plain {
                    write_text(key, out);
                    out.push(':');
                    write_text(p, out);
                    out.push(',');
                }
                out.push_str("\"_");
                out.push_str(key);
                out.push_str("\":{\"extension\":[");
                extension.write(out);
                out.push_str("]}");
            } else {
                write_text(key, out);
                out.push(':');
                value.write(out);
            }
        }
        out.push('}');
    }
}

impl Json {
    #[inline(never)]
    pub fn text(value: String) -> Json {
        Json(Box::new(Value::Text(value)))
    }

    /// A number kept as the sender's digits: FHIR decimals are as precise as they were written.
    #[inline(never)]
    pub fn number(digits: String) -> Json {
        Json(Box::new(Value::Number(digits)))
    }

    pub fn bool(value: bool) -> Json {
        Json(Box::new(Value::Bool(value)))
    }

    #[inline(never)]
    pub fn object(value: Object) -> Json {
        Json(Box::new(Value::Object(value)))
    }

    #[inline(never)]
    pub fn array(values: Vec<Json>) -> Json {
        Json(Box::new(Value::Array(values)))
    }

    /// An array of one.
    #[inline(never)]
    pub fn one(value: Json) -> Json {
        Json::array(vec![value])
    }

    /// A primitive (or none) with an extension: written as `"k":value` and `"_k":{"extension":[…]}`.
    #[inline(never)]
    pub fn extended(plain: Option<String>, extension: Json) -> Json {
        Json(Box::new(Value::Extended(plain, extension)))
    }

    /// This object with one more member, unless it has that one.
    pub fn with_default(mut self, key: &'static str, value: &str) -> Json {
        if let Value::Object(o) = &mut *self.0 {
            if !o.has(key) {
                o.put(key, text(value));
            }
        }
        self
    }

    fn is_empty(&self) -> bool {
        match &*self.0 {
            Value::Text(t) => t.is_empty(),
            Value::Object(o) => o.is_empty(),
            Value::Array(a) => a.is_empty(),
            Value::Number(_) | Value::Bool(_) | Value::Extended(_, _) => false,
        }
    }

    pub fn write(&self, out: &mut String) {
        match &*self.0 {
            Value::Text(t) => write_text(t, out),
            Value::Number(n) => out.push_str(n),
            Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Value::Object(o) => o.write(out),
            Value::Array(a) => {
                out.push('[');
                for (i, v) in a.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    v.write(out);
                }
                out.push(']');
            }
            // Only meaningful as a member; see Object::write.
            Value::Extended(plain, _) => write_text(plain.as_deref().unwrap_or(""), out),
        }
    }
}

pub fn write_text(value: &str, out: &mut String) {
    out.push('"');
    // Runs that need no escape are copied whole; what does is ASCII, so the cuts are between characters.
    let mut start = 0;
    for (i, b) in value.bytes().enumerate() {
        let escape = match b {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            // Other control characters were replaced when the value was read.
            _ => continue,
        };
        out.push_str(&value[start..i]);
        out.push_str(escape);
        start = i + 1;
    }
    out.push_str(&value[start..]);
    out.push('"');
}
