SET LOCAL ROLE "{role}";
