//! `grantor migrate`: brings the schema up to date, or says what that would take.

use serde_json::{Value, json};

use super::manage::{print, print_json};
use crate::config::Config;
use crate::config::database_url::DatabaseUrl;
use crate::store::connection::{AnyConnection, Manager};
use crate::store::migrate;
use crate::store::migrate::plan::{self, Planned, Step};

pub fn run(config: &Config, is_plan: bool, json: bool) -> Result<(), String> {
    if is_plan {
        let plan = plan::of(&mut open_to_plan(&config.database)?)?;
        return if json { print_json(&describe(&plan)) } else { explain(&plan) };
    }
    let mut connection = Manager::new(config.database.clone()).open().map_err(|error| error.to_string())?;
    let names = migrate::run(&mut connection)?;
    if json {
        return print_json(&json!({ "applied": true, "migrations": names }));
    }
    if names.is_empty() {
        return up_to_date();
    }
    names.iter().try_for_each(|name| print(&format!("applied {name}")))
}

/// A plan makes no file: where there is none, it is that of a new one.
fn open_to_plan(database: &DatabaseUrl) -> Result<AnyConnection, String> {
    let opened = match database {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(path) if !path.exists() => {
            eprintln!("There is no database at {}. To make one:", path.display());
            crate::store::connection::open_in_memory()
        }
        database => Manager::new(database.clone()).open(),
    };
    opened.map_err(|error| error.to_string())
}

fn up_to_date() -> Result<(), String> {
    print("the schema is up to date")
}

fn explain(plan: &[Planned]) -> Result<(), String> {
    if plan.is_empty() {
        return up_to_date();
    }
    for migration in plan {
        print(&format!("would apply {}, for about {:.1} s:", migration.name, migration.seconds()))?;
        for Step { does, rows, lock, seconds } in &migration.steps {
            let over = if *rows > 0 { format!(", {rows} rows, {seconds:.1} s") } else { String::new() };
            print(&format!("  {does}{over} ({lock})"))?;
        }
    }
    eprintln!(
        "What a migration locks it holds until its end. The times are estimates from the number of rows and the {}.",
        plan::BASIS
    );
    Ok(())
}

fn describe(plan: &[Planned]) -> Value {
    let step =
        |step: &Step| json!({ "does": step.does, "rows": step.rows, "lock": step.lock, "seconds": step.seconds });
    let migration = |planned: &Planned| {
        let steps: Vec<Value> = planned.steps.iter().map(step).collect();
        json!({ "name": planned.name, "seconds": planned.seconds(), "steps": steps })
    };
    let names: Vec<&str> = plan.iter().map(|planned| planned.name.as_str()).collect();
    let plan: Vec<Value> = plan.iter().map(migration).collect();
    json!({ "applied": false, "migrations": names, "plan": plan, "estimated_from": plan::BASIS })
}
