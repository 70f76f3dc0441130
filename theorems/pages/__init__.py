"""Pages of HTML that need no other file: of a theorem (`page`), of the guided tour (`tour`), written with `report`."""
